package io.saya.config.annotation;

import io.saya.config.ConfigException;
import io.saya.config.Problem;
import io.saya.config.load.EffectiveConfig;
import io.saya.config.load.LoadedConfig;
import io.saya.config.load.Origin;
import io.saya.config.load.Problems;
import io.saya.config.load.Setting;
import io.saya.config.load.SettingChecks;
import io.saya.config.option.BadValue;
import io.saya.config.option.DeviceOptions;
import io.saya.config.option.Option;
import io.saya.config.option.OptionTable;
import io.saya.config.option.StorageOptions;
import io.saya.config.option.TomlText;
import io.saya.config.option.VmOptions;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Applies what a pod asks for by annotations {@code io.katacontainers.config.*} and {@code
 * io.saya.config.*} (both mean one thing), each behind the operator's lists. Only the annotations
 * of the container that starts the sandbox are to be given.
 */
public final class AnnotationOverrides {

    private static final String KATA_CONFIG = "io.katacontainers.config.";
    private static final String SAYA_CONFIG = "io.saya.config.";

    private final LoadedConfig base;
    private final EffectiveConfig.Builder changed;
    private final Problems problems = new Problems();

    /** The annotation that has set each option. */
    private final Map<Option<?>, String> setBy = new HashMap<>();

    /** Hashes are checked when it is known which files are booted. */
    private final Map<String, String> hashes = new TreeMap<>();

    private AnnotationOverrides(LoadedConfig base) {
        this.base = base;
        this.changed = base.effective().toBuilder();
    }

    /**
     * The configuration of one sandbox: what the pod asks for. Blocks for a look at the files that
     * are named.
     *
     * @param base what the files say
     * @param annotations all of the pod's; those of others are passed over
     * @throws ConfigException with everything that is refused: each names the annotation, and where
     *     it could be allowed the key and the file to write it in
     */
    public static LoadedConfig apply(LoadedConfig base, Map<String, String> annotations)
            throws ConfigException {
        Map<String, String> ours = new TreeMap<>();
        for (Map.Entry<String, String> entry : annotations.entrySet()) {
            String name = entry.getKey();
            if (!settingName(name).isEmpty()) {
                ours.put(name, entry.getValue());
            }
        }
        return ours.isEmpty() ? base : new AnnotationOverrides(base).applyAll(ours);
    }

    /** The part of an annotation's name that tells the option; empty if it is none of ours. */
    private static String settingName(String annotation) {
        if (annotation.startsWith(KATA_CONFIG)) {
            return annotation.substring(KATA_CONFIG.length());
        }
        if (annotation.startsWith(SAYA_CONFIG)) {
            return annotation.substring(SAYA_CONFIG.length());
        }
        // The one that Kata reads under a name without "config".
        return "io.katacontainers.enable_vcpus_pinning".equals(annotation)
                ? "runtime.enable_vcpus_pinning"
                : "";
    }

    private LoadedConfig applyAll(Map<String, String> ours) throws ConfigException {
        for (Map.Entry<String, String> entry : ours.entrySet()) {
            apply(entry.getKey(), settingName(entry.getKey()), entry.getValue());
        }
        EffectiveConfig effective = changed.build();
        SettingChecks.checkAnnotated(effective, base.host(), problems);
        // Nothing is read that a pod may not name.
        problems.throwErrors();
        for (Map.Entry<String, String> entry : hashes.entrySet()) {
            Option<Path> asset = AssetHashes.asset(settingName(entry.getKey()));
            if (asset != null) {
                AssetHashes.check(
                        source(entry.getKey()), entry.getValue(), asset, effective, problems);
            }
        }
        problems.throwErrors();
        return base.with(effective, problems.sorted());
    }

    private void apply(String annotation, String name, String text) {
        if (AssetHashes.asset(name) != null) {
            hashes.put(annotation, text);
            return;
        }
        Option<?> option = OptionTable.findAnnotation(name);
        if (option == null) {
            problems.error(source(annotation), Refusals.unknown(name));
            return;
        }
        if (!AllowList.admitsName(
                base.effective().value(VmOptions.ENABLE_ANNOTATIONS), Refusals.listName(name))) {
            problems.error(source(annotation), Refusals.notEnabled(base, name));
            return;
        }
        String other = setBy.putIfAbsent(option, annotation);
        if (other != null) {
            problems.error(
                    source(annotation), "sets the same as " + other + "; remove one of the two");
            return;
        }
        try {
            parse(option, annotation, text);
        } catch (BadValue e) {
            refuse(
                    option,
                    annotation,
                    TomlText.shown(text)
                            + ": expected "
                            + option.type().expected()
                            + (e.text().isEmpty() ? "" : "; " + e.text()));
        } catch (AnnotationValues.NotAllowed e) {
            refuse(option, annotation, TomlText.shown(text) + ": " + e.text());
        }
    }

    private void parse(Option<?> option, String annotation, String text)
            throws BadValue, AnnotationValues.NotAllowed {
        EffectiveConfig before = base.effective();
        if (option == VmOptions.KERNEL_PARAMS) {
            take(
                    VmOptions.KERNEL_PARAMS,
                    annotation,
                    AnnotationValues.kernelParams(before.value(VmOptions.KERNEL_PARAMS), text));
        } else if (option == StorageOptions.VIRTIO_FS_EXTRA_ARGS) {
            take(
                    StorageOptions.VIRTIO_FS_EXTRA_ARGS,
                    annotation,
                    AnnotationValues.extraArguments(
                            before.value(StorageOptions.VIRTIO_FS_EXTRA_ARGS), text));
        } else {
            parsePlain(option, annotation, text);
        }
    }

    private <T> void parsePlain(Option<T> option, String annotation, String text)
            throws BadValue, AnnotationValues.NotAllowed {
        T value = option.type().fromText(text);
        AnnotationValues.bound(option, value, base.host());
        if (value instanceof Path path && !option.allowedBy().isEmpty()) {
            Option<List<String>> list = Refusals.listOf(option);
            if (!AllowList.admitsPath(base.effective().value(list), path)) {
                refuse(option, annotation, Refusals.notListed(base, list, path));
                return;
            }
        }
        take(option, annotation, value);
    }

    private <T> void take(Option<T> option, String annotation, T value) {
        changed.set(new Setting<>(option, value, new Origin.ByAnnotation(annotation)));
        withdrawRival(option);
    }

    private void refuse(Option<?> option, String annotation, String why) {
        problems.markBroken(option);
        problems.error(source(annotation), why);
    }

    /** A pod that asks for one of two that exclude each other means "instead". */
    private void withdrawRival(Option<?> option) {
        withdraw(option, VmOptions.IMAGE, VmOptions.INITRD);
        withdraw(option, VmOptions.INITRD, VmOptions.IMAGE);
        withdraw(option, DeviceOptions.HOT_PLUG_VFIO, DeviceOptions.COLD_PLUG_VFIO);
        withdraw(option, DeviceOptions.COLD_PLUG_VFIO, DeviceOptions.HOT_PLUG_VFIO);
    }

    private <T> void withdraw(Option<?> set, Option<?> which, Option<T> rival) {
        if (set == which && !setBy.containsKey(rival)) {
            // The default in the table is "none" for each of them.
            changed.set(new Setting<>(rival, rival.defaultValue(), new Origin.BuiltIn()));
        }
    }

    private static Problem.Source source(String annotation) {
        return new Problem.Source.Annotation(annotation);
    }
}
