package io.saya.cli.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.toml.TomlFile;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TreeTest {
    private static final JsonObject TREE =
            Json.parseObject(
                    """
                    {"a": {"text": "one \\"two\\"", "none": null, "list": ["x", 1], "b c": {"yes": true}},
                     "empty": {}, "objects": [{"k": 1}]}
                    """);

    @Test
    void tomlHasATableForEachObject() {
        assertThat(Tree.toml(TREE))
                .isEqualTo(
                        """
                        objects = [{ k = 1 }]

                        [a]
                        text = "one \\"two\\""
                        list = ["x", 1]

                        [a."b c"]
                        yes = true""");
        assertThat(TomlFile.parse(Tree.toml(TREE)).errors()).isEmpty();
    }

    @Test
    void jsonIsIndentedAndTheSame() {
        assertThat(Tree.json(TREE)).contains("\n  \"a\": {\n    \"text\":");
        assertThat(Json.parse(Tree.json(TREE))).isEqualTo(TREE);
    }

    @Test
    void columnsAreAsWideAsTheirCellsAndSteerNoTerminal() {
        Table table = new Table("ID", "STATE");
        table.row("long-name", "up\u001b[2J");
        StringWriter out = new StringWriter();
        PrintWriter writer = new PrintWriter(out);
        table.print(writer);
        assertThat(out.toString()).isEqualTo("ID         STATE\nlong-name  up?[2J\n");
    }
}
