package io.saya.config.option;

import java.util.ArrayList;
import java.util.List;

/** Sections that Kata's files hold beside those of the machine, the agent and the runtime. */
final class OtherSections {

    private OtherSections() {}

    static List<Option<?>> rows() {
        List<Option<?>> all = new ArrayList<>();
        all.addAll(MemoryAgentOptions.rows());
        all.addAll(kata1Process(Section.PROXY, "the agent is reached without a proxy"));
        all.addAll(kata1Process(Section.SHIM, "one shim serves the whole sandbox"));
        all.addAll(kata1Process(Section.NETMON, "no process watches the network namespace"));
        all.addAll(image());
        return all;
    }

    private static List<Option<?>> image() {
        Rows rows = new Rows(Section.IMAGE);
        String why = "images are pulled by containerd, on the host";
        rows.flag("service_offload", false)
                .known(Option.Known.GO)
                .refused(why)
                .help("Pull images inside the guest.");
        rows.text("provision", "")
                .known(Option.Known.GO)
                .withoutEffect(why)
                .help("Where keys of encrypted images come from.");
        return rows.rows();
    }

    private static List<Option<?>> kata1Process(Section section, String why) {
        Rows rows = new Rows(section);
        rows.row("path", new OpaqueType("string"), (Object) "")
                .known(Option.Known.KATA_1)
                .withoutEffect(why)
                .help("The binary.");
        rows.flag("enable_debug", false)
                .known(Option.Known.KATA_1)
                .neutral(true)
                .withoutEffect(why)
                .help("Log everything.");
        if (section == Section.SHIM) {
            rows.flag("enable_tracing", false)
                    .known(Option.Known.KATA_1)
                    .neutral(true)
                    .withoutEffect(why)
                    .help("Export traces.");
        }
        if (section == Section.NETMON) {
            rows.flag("enable_netmon", false)
                    .known(Option.Known.KATA_1)
                    .withoutEffect("interfaces that appear later are plugged without it")
                    .help("Watch the network namespace.");
        }
        return rows.rows();
    }
}
