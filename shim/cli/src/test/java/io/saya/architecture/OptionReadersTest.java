package io.saya.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.saya.config.ConfigException;
import io.saya.config.RuntimeConfig;
import io.saya.config.load.ConfigLoader;
import io.saya.config.load.LoadedConfig;
import io.saya.config.load.Origin;
import io.saya.config.load.Setting;
import io.saya.config.option.BadValue;
import io.saya.config.option.DeviceOptions;
import io.saya.config.option.MemoryAgentOptions;
import io.saya.config.option.Option;
import io.saya.config.option.OptionTable;
import io.saya.config.option.RuntimeOptions;
import io.saya.config.option.SizeOptions;
import io.saya.config.option.Status;
import io.saya.config.option.StorageOptions;
import io.saya.config.option.VmOptions;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * An option that is said to work is read by something that acts on it. The way from an option to
 * its readers is found, not written down: from the option to a component of a record by a change of
 * the option's value, from the component to its readers by the calls in the compiled classes.
 */
class OptionReadersTest {

    /** Texts of which each type of value takes at least two. */
    private static final List<String> SAMPLES =
            List.of(
                    "true",
                    "false",
                    "0",
                    "1",
                    "2",
                    "3",
                    "64",
                    "512",
                    "300",
                    "4096",
                    "20000",
                    "2000000",
                    "0.5",
                    "1.5",
                    "/elsewhere",
                    "word",
                    "pc-q35-7.2",
                    "quiet=1",
                    "root_hash=%s,data_blocks=1,data_block_size=512,hash_block_size=512"
                            .formatted("ab".repeat(32)),
                    "package agent_policy",
                    // Init data: a line of TOML.
                    "H4sIAAAAAAACAytLLSrOzM9TsFVQMtAz1DNQ4gIA7xmeqhIAAAA=");

    private static final Pattern QUOTED = Pattern.compile("\"([^\"]*)\"");

    /** What only shows settings does not make them work. */
    private static final List<String> SHOWING = List.of("io.saya.cli.env", "io.saya.cli.config");

    /** Their readers are being written; a name goes when its reader comes. */
    private static final Set<String> AWAITED = Set.of("RuntimeSettings.enableVcpusPinning");

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.saya");

    private static final ConfigLoader LOADER = new ConfigLoader(Path.of("/opt/saya"));
    private static final LoadedConfig DEFAULTS = defaults();

    /** What an option says about the guest's image shows only where there is one. */
    private static final Set<Option<?>> OF_IMAGES =
            Set.of(
                    VmOptions.ROOTFS_TYPE,
                    VmOptions.KERNEL_VERITY_PARAMS,
                    StorageOptions.DISABLE_IMAGE_NVDIMM,
                    StorageOptions.VM_ROOTFS_DRIVER);

    /** Likewise of the agent's doings with memory, and those that it is to do anything at all. */
    private static final LoadedConfig WITH_MEMORY_AGENT =
            DEFAULTS.with(
                    DEFAULTS.effective().toBuilder()
                            .set(
                                    new Setting<>(
                                            MemoryAgentOptions.ENABLE,
                                            true,
                                            new Origin.ByAnnotation("test")))
                            .build(),
                    List.of());

    /** Places for disks are made only where block devices may be used. */
    private static final LoadedConfig WITH_DISKS =
            DEFAULTS.with(
                    DEFAULTS.effective().toBuilder()
                            .set(setting(StorageOptions.DISABLE_BLOCK_DEVICE_USE, false))
                            .build(),
                    List.of());

    /** What is said of the cache of disks counts where it is to be set. */
    private static final LoadedConfig WITH_CACHE =
            DEFAULTS.with(
                    DEFAULTS.effective().toBuilder()
                            .set(setting(StorageOptions.BLOCK_DEVICE_CACHE_SET, true))
                            .set(setting(StorageOptions.BLOCK_DEVICE_CACHE_DIRECT, true))
                            .build(),
                    List.of());

    private static final Set<Option<?>> OF_DEBUG =
            Set.of(DeviceOptions.EXTRA_MONITOR_SOCKET, DeviceOptions.GUEST_MEMORY_DUMP_PAGING);

    /** A further monitor comes with debugging only, and how is dumped counts where it is. */
    private static final LoadedConfig WITH_DEBUG =
            DEFAULTS.with(
                    DEFAULTS.effective().toBuilder()
                            .set(setting(DeviceOptions.ENABLE_DEBUG, true))
                            .set(setting(DeviceOptions.GUEST_MEMORY_DUMP_PATH, Path.of("/dumps")))
                            .build(),
                    List.of());

    private static final Set<Option<?>> OF_SOCKETS =
            Set.of(RuntimeOptions.FORWARD_SOCKETS, RuntimeOptions.VALID_SOCKET_PATHS);

    /** Which sockets are forwarded counts where they are, and the reverse. */
    private static final LoadedConfig WITH_SOCKETS =
            DEFAULTS.with(
                    DEFAULTS.effective().toBuilder()
                            .set(setting(RuntimeOptions.FORWARD_SOCKETS, true))
                            .build(),
                    List.of());

    private static final LoadedConfig WITH_VALID_SOCKETS =
            DEFAULTS.with(
                    DEFAULTS.effective().toBuilder()
                            .set(setting(RuntimeOptions.VALID_SOCKET_PATHS, List.of("/run/a")))
                            .build(),
                    List.of());

    private static final LoadedConfig WITH_IMAGE =
            DEFAULTS.with(
                    DEFAULTS.effective().toBuilder()
                            .set(setting(VmOptions.IMAGE, Path.of("/image")))
                            .set(setting(VmOptions.INITRD, Path.of("")))
                            .build(),
                    List.of());

    @Test
    void everyComponentOfTheConfigurationHasAReader() {
        List<String> unread = new ArrayList<>();
        for (RecordComponent component : components(RuntimeConfig.class, new ArrayList<>())) {
            if (!isRead(component) && !AWAITED.contains(name(component))) {
                unread.add(name(component));
            }
        }

        assertThat(unread)
                .as("components that nothing outside of the configuration reads; remove them")
                .isEmpty();
    }

    @Test
    void everyOptionThatWorksChangesWhatIsReadOutsideOfTheConfiguration() {
        List<String> withoutReader = new ArrayList<>();
        for (Option<?> option : OptionTable.all()) {
            if (option.status() == Status.WORKS && !decidesOnAnnotations(option)) {
                check(option, withoutReader);
            }
        }

        assertThat(withoutReader)
                .as("options that the table says work, with the components they change")
                .isEmpty();
    }

    private static <T> void check(Option<T> option, List<String> withoutReader) {
        Set<T> values = values(option);
        if (values.size() == 1) {
            return; // Its only value changes nothing; the others are refused.
        }
        Set<RecordComponent> changed = changedBy(option, values);
        if (changed.stream().noneMatch(OptionReadersTest::isRead)) {
            withoutReader.add(
                    option
                            + " "
                            + changed.stream().map(OptionReadersTest::name).distinct().toList());
        }
    }

    /**
     * The reader of such an option is the configuration itself, which refuses annotations by it.
     */
    private static boolean decidesOnAnnotations(Option<?> option) {
        return option.key().equals("enable_annotations")
                || OptionTable.all().stream()
                        .anyMatch(
                                other ->
                                        other.section() == option.section()
                                                && other.allowedBy().equals(option.key()));
    }

    private static <T> Set<RecordComponent> changedBy(Option<T> option, Set<T> values) {
        Set<RecordComponent> changed = new LinkedHashSet<>();
        LoadedConfig base = base(option);
        for (T value : values) {
            difference(base.config(), withValue(base, option, value), changed);
        }
        return changed;
    }

    private static LoadedConfig base(Option<?> option) {
        if (OF_IMAGES.contains(option)) {
            return WITH_IMAGE;
        }
        if (option == SizeOptions.ENABLE_VIRTIO_MEM) {
            return WITH_IMAGE; // The default guest has it anyway.
        }
        if (option == DeviceOptions.PCIE_ROOT_PORT) {
            return WITH_DISKS;
        }
        if (OF_DEBUG.contains(option)) {
            return WITH_DEBUG;
        }
        if (option == RuntimeOptions.FORWARD_SOCKETS) {
            return WITH_VALID_SOCKETS;
        }
        if (option == RuntimeOptions.VALID_SOCKET_PATHS) {
            return WITH_SOCKETS;
        }
        if (option.key().startsWith("block_device_cache_")) {
            return WITH_CACHE;
        }
        return ofMemoryAgent(option) ? WITH_MEMORY_AGENT : DEFAULTS;
    }

    private static boolean ofMemoryAgent(Option<?> option) {
        return option != MemoryAgentOptions.ENABLE && MemoryAgentOptions.rows().contains(option);
    }

    private static <T> Set<T> values(Option<T> option) {
        Set<T> values = new LinkedHashSet<>();
        if (option == StorageOptions.GUEST_EXTENSION_IMAGES) {
            return samplesOf(option);
        }
        Stream<String> choices =
                QUOTED.matcher(option.type().range()).results().map(match -> match.group(1));
        Stream.concat(choices, SAMPLES.stream())
                .forEach(
                        text -> {
                            try {
                                values.add(option.type().fromText(text));
                            } catch (BadValue e) {
                                // A text for options of another type.
                            }
                        });
        return values;
    }

    /** What no text stands for, beside the default. */
    private static <T> Set<T> samplesOf(Option<T> option) {
        try {
            Set<T> values = new LinkedHashSet<>();
            values.add(option.defaultValue());
            values.add(option.type().fromToml(List.of(Map.of("name", "a", "path", "/a"))));
            return values;
        } catch (BadValue e) {
            throw new IllegalStateException(e);
        }
    }

    /** As a file says it; a value that contradicts a default is put beside it all the same. */
    private static <T> RuntimeConfig withValue(LoadedConfig base, Option<T> option, T value) {
        String toml = option.section() + "\n" + option.key() + " = " + option.type().toToml(value);
        try {
            if (!base.equals(WITH_IMAGE)
                    && !OF_SOCKETS.contains(option)
                    && !OF_DEBUG.contains(option)
                    && !ofMemoryAgent(option)) {
                return LOADER.parse(toml).config();
            }
        } catch (ConfigException e) {
            // It contradicts a default.
        }
        return base.with(
                        base.effective().toBuilder().set(setting(option, value)).build(), List.of())
                .config();
    }

    private static <T> Setting<T> setting(Option<T> option, T value) {
        return new Setting<>(
                option,
                value,
                ofMemoryAgent(option) ? new Origin.ByAnnotation("test") : new Origin.BuiltIn());
    }

    private static LoadedConfig defaults() {
        try {
            return LOADER.parse("");
        } catch (ConfigException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The components, of the innermost records, in which two configurations differ. */
    private static void difference(Record one, Record other, Set<RecordComponent> found) {
        for (RecordComponent component : one.getClass().getRecordComponents()) {
            Object first = content(value(component, one));
            Object second = content(value(component, other));
            if (first instanceof Record inner && second instanceof Record innerToo) {
                difference(inner, innerToo, found);
            } else if (!Objects.equals(first, second)) {
                found.add(component);
            }
        }
    }

    private static Object content(Object value) {
        return value instanceof Optional<?> optional && optional.isPresent()
                ? optional.get()
                : value;
    }

    private static Object value(RecordComponent component, Record record) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<RecordComponent> components(Class<?> record, List<RecordComponent> found) {
        for (RecordComponent component : record.getRecordComponents()) {
            if (component.getType().isRecord()) {
                components(component.getType(), found);
            } else {
                found.add(component);
            }
        }
        return found;
    }

    /**
     * True if code outside of the configuration reads it, or calls a method of its record that
     * does.
     */
    private static boolean isRead(RecordComponent component) {
        Method accessor = component.getAccessor();
        JavaClass record = CLASSES.get(component.getDeclaringRecord());
        Set<JavaCodeUnit> readers = new HashSet<>();
        readers.add(record.getMethod(accessor.getName()));
        for (JavaAccess<?> access : record.getField(component.getName()).getAccessesToSelf()) {
            if (!isMadeByTheCompiler(access.getOrigin())) {
                readers.add(access.getOrigin());
            }
        }
        for (JavaAccess<?> access : record.getMethod(accessor.getName()).getCallsOfSelf()) {
            if (access.getOriginOwner().equals(record)) {
                readers.add(access.getOrigin());
            }
        }
        return readers.stream()
                .flatMap(reader -> reader.getAccessesToSelf().stream())
                .anyMatch(access -> acts(access.getOriginOwner().getPackageName()));
    }

    private static boolean isMadeByTheCompiler(JavaCodeUnit unit) {
        return unit.isConstructor()
                || Set.of("equals", "hashCode", "toString").contains(unit.getName());
    }

    private static boolean acts(String place) {
        return !place.equals("io.saya.config")
                && !place.startsWith("io.saya.config.")
                && !SHOWING.contains(place);
    }

    private static String name(RecordComponent component) {
        return component.getDeclaringRecord().getSimpleName() + "." + component.getName();
    }
}
