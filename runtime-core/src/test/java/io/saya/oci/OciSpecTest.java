package io.saya.oci;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OciSpecTest {

    @Test
    void theLabelIsTheOneOfTheProcess() {
        assertThat(label("{\"process\":{\"selinuxLabel\":\"a_u:a_r:a_t:s0:c1,c2\"}}"))
                .isEqualTo("a_u:a_r:a_t:s0:c1,c2");
        assertThat(label("{\"process\":{\"cwd\":\"/\"},\"linux\":{\"mountLabel\":\"a\"}}"))
                .isEmpty();
        assertThat(label("{}")).isEmpty();
    }

    private static String label(String json) {
        return OciSpec.parse(json.getBytes(UTF_8)).selinuxLabel();
    }
}
