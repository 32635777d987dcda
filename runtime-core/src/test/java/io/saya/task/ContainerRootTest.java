package io.saya.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.SharedFsConfig.RootfsUpper;
import io.saya.oci.ContainerKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ContainerRootTest {

    @Test
    void aDiskIsForContainersThatNobodyOnTheHostLooksInto() {
        assertThat(ContainerRoot.upperFor(RootfsUpper.AUTO, ContainerKind.POD_CONTAINER, false))
                .isEqualTo(RootfsUpper.DISK);
        assertThat(ContainerRoot.upperFor(RootfsUpper.AUTO, ContainerKind.SINGLE, false))
                .isEqualTo(RootfsUpper.SHARE);
        assertThat(ContainerRoot.upperFor(RootfsUpper.DISK, ContainerKind.SINGLE, false))
                .isEqualTo(RootfsUpper.DISK);
    }

    @ParameterizedTest
    @EnumSource
    void whoWritesNothingNeedsNone(RootfsUpper configured) {
        assertThat(ContainerRoot.upperFor(configured, ContainerKind.POD_SANDBOX, false))
                .isEqualTo(RootfsUpper.SHARE);
        assertThat(ContainerRoot.upperFor(configured, ContainerKind.POD_CONTAINER, true))
                .isEqualTo(RootfsUpper.SHARE);
    }
}
