package io.saya.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import io.saya.agent.KataConnector;
import io.saya.guest.SandboxIdentity;
import io.saya.guest.SandboxLimits;
import io.saya.guest.StartClock;
import io.saya.guest.StartPhase;
import io.saya.guest.StopCause;
import io.saya.guest.TaskGuest;
import io.saya.lifecycle.Waited;
import io.saya.shim.log.DaemonLog;
import io.saya.shim.trace.SandboxTracer;
import io.saya.shim.wire.StatusMapper;
import io.saya.ttrpc.StatusCode;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules of the design that a compiler does not check. */
class LayeringTest {
    private static final String[] GROUND = {
        "io.saya.config..", "io.saya.ttrpc..", "io.saya.proto..", "io.saya.json.."
    };
    private static final String[] DOMAIN = {
        "io.saya.task..",
        "io.saya.sandbox..",
        "io.saya.template..",
        "io.saya.guest..",
        "io.saya.container..",
        "io.saya.agent..",
        "io.saya.hypervisor..",
        "io.saya.host..",
        "io.saya.cgroup..",
        "io.saya.share..",
        "io.saya.oci..",
        "io.saya.io..",
        "io.saya.network..",
        "io.saya.resources..",
        "io.saya.event..",
        "io.saya.failpoint..",
        "io.saya.failure..",
        "io.saya.log..",
        "io.saya.lifecycle..",
        "io.saya.text..",
        "io.saya.trace.."
    };

    /** What {@code task} may know of the package {@code guest}. */
    private static final Class<?>[] FOR_TASKS = {
        TaskGuest.class,
        StopCause.class,
        StartPhase.class,
        StartClock.class,
        SandboxIdentity.class,
        SandboxLimits.class
    };

    /**
     * Who may meet an interrupt without {@link Waited}. ttrpc and the monitor, which do not know
     * the domain, keep interrupts set by themselves.
     */
    private static final String[] WAITING = {
        Waited.class.getName(),
        // They make a failure of the domain of an interrupt that ttrpc throws.
        "io.saya.agent.AgentCall",
        KataConnector.class.getName(),
        // It loads no class that it can do without.
        "io.saya.host.guard.GuardConnection",
        "io.saya.host.guard.PendingReply",
        // It is woken by an interrupt when it is closed, and then has lines to write.
        DaemonLog.class.getName(),
        // It notes what a call failed with, and throws it on.
        SandboxTracer.class.getName(),
        // It shows an interrupt that ttrpc throws as what the check found.
        "io.saya.cli.check.BootCheck"
    };

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.saya");

    @Test
    void theGroundKnowsNothingAboveIt() {
        noClasses()
                .that()
                .resideInAnyPackage(GROUND)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(with(DOMAIN, "io.saya.qemu..", "io.saya.shim.."))
                .check(CLASSES);
    }

    @Test
    void theDomainKnowsNeitherQemuNorTheShim() {
        noClasses()
                .that()
                .resideInAnyPackage(DOMAIN)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.saya.qemu..", "io.saya.shim..")
                .check(CLASSES);
    }

    @Test
    void theFloorsOfASandboxLeanOnThoseBelowThem() {
        noClasses()
                .that()
                .resideInAPackage("io.saya.guest..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.saya.sandbox..", "io.saya.task..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAnyPackage(without("io.saya.task.."))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.saya.task..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAnyPackage(without("io.saya.task..", "io.saya.sandbox.."))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.saya.sandbox..")
                .check(CLASSES);
    }

    @Test
    void tasksSeeANarrowGuest() {
        noClasses()
                .that()
                .resideInAPackage("io.saya.task..")
                .should()
                .dependOnClassesThat(
                        resideInAPackage("io.saya.guest..").and(not(belongToAnyOf(FOR_TASKS))))
                .because("only the sandbox's own life may launch, end and give back its guest")
                .check(CLASSES);
    }

    @Test
    void threadsWaitInOneWay() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        with(DOMAIN, "io.saya.qemu..", "io.saya.shim..", "io.saya.cli.."))
                .and(
                        describe(
                                "are not listed as waiting",
                                type -> !List.of(WAITING).contains(type.getName())))
                .should(catchInterrupts())
                .because("Waited says what a limit and an interrupt do to a wait")
                .check(CLASSES);
    }

    private static ArchCondition<JavaClass> catchInterrupts() {
        return ArchCondition.from(
                describe(
                        "catch InterruptedException",
                        (JavaClass type) ->
                                type.getCodeUnits().stream()
                                        .flatMap(unit -> unit.getTryCatchBlocks().stream())
                                        .flatMap(block -> block.getCaughtThrowables().stream())
                                        .anyMatch(
                                                caught ->
                                                        caught.isEquivalentTo(
                                                                InterruptedException.class))));
    }

    @Test
    void containerdsWireEndsInTheShim() {
        noClasses()
                .that()
                .resideInAnyPackage(with(DOMAIN, "io.saya.qemu.."))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.saya.proto.containerd..", "io.saya.proto.cgroups..")
                .check(CLASSES);
    }

    @Test
    void generatedTypesOfTheGuestsAgentEndAtItsTranslators() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.saya.agent..", "io.saya.proto..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.saya.proto.agent..")
                .because("what the guest is told and tells is known in the words of the domain")
                .check(CLASSES);
    }

    @Test
    void qemuIsKnownToTheCompositionRootAlone() {
        noClasses()
                .that()
                .resideInAPackage("io.saya.shim..")
                .and()
                .resideOutsideOfPackage("io.saya.shim.daemon..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.saya.qemu..")
                .check(CLASSES);
    }

    @Test
    void onlyTheStatusMapperKnowsTheWiresCodes() {
        noClasses()
                .that()
                .resideInAPackage("io.saya.shim..")
                .and()
                .areNotAssignableTo(StatusMapper.class)
                .and()
                .doNotHaveFullyQualifiedName(StatusMapper.class.getName() + "$1")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(StatusCode.class)
                .check(CLASSES);
    }

    @Test
    void theDaemonKnowsNothingOfTheCommand() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.saya.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.saya.cli..", "picocli..")
                .because("what only the command needs is not on the daemon's class path")
                .check(CLASSES);
    }

    @Test
    void onlyTheCommandKnowsTheMonitor() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.saya.cli..", "io.saya.monitor..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.saya.monitor..")
                .because("it is not on the daemon's class path")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("io.saya.monitor..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.saya.cli..", "io.saya.shim..", "io.saya.qemu..")
                .because("what it knows of a daemon is what the daemon answers")
                .check(CLASSES);
    }

    @Test
    void theDaemonMakesNoNativeCallsOfItsOwn() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.saya.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jnr..", "java.lang.foreign..", "com.sun.jna..")
                .because("the first such call costs each pod 10 to 26 MB")
                .check(CLASSES);
    }

    @Test
    void onlyTheShimsLogKnowsLog4j() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.saya.shim.log..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.logging..")
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.saya.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    /** What is told apart by its place alone is mixed up sooner the more of it there is. */
    @Test
    void recordsHaveAtMostSevenComponents() {
        assertThat(CLASSES.stream().filter(JavaClass::isRecord))
                .hasSizeGreaterThan(100)
                .allSatisfy(
                        record ->
                                assertThat(record.reflect().getRecordComponents())
                                        .as(record.getName())
                                        .hasSizeLessThanOrEqualTo(7));
    }

    /** The domain's packages but these. */
    private static String[] without(String... packages) {
        return Arrays.stream(DOMAIN)
                .filter(name -> !Arrays.asList(packages).contains(name))
                .toArray(String[]::new);
    }

    private static String[] with(String[] packages, String... more) {
        String[] all = new String[packages.length + more.length];
        System.arraycopy(packages, 0, all, 0, packages.length);
        System.arraycopy(more, 0, all, packages.length, more.length);
        return all;
    }
}
