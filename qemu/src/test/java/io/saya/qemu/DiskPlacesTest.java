package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.qemu.DiskPlaces.Turn;
import org.junit.jupiter.api.Test;

/** Who may change which disk when. */
class DiskPlacesTest {
    private final DiskPlaces places = new DiskPlaces(2);

    @Test
    void theFirstPlugsAndTheLastUnplugs() {
        assertThat(places.plug("a")).isEqualTo(new Turn.Change(0));
        places.plugged("a");
        assertThat(places.plug("a")).isEqualTo(new Turn.Shared(0));
        assertThat(places.unplug("a")).isEqualTo(new Turn.Shared(0));
        assertThat(places.unplug("a")).isEqualTo(new Turn.Change(0));
        places.gone("a");
        assertThat(places.unplug("a")).isEqualTo(new Turn.None());
    }

    @Test
    void aChangeKeepsOthersFromTheSameDiskUntilItEnds() {
        places.plug("a");
        assertThat(places.unplug("a")).isInstanceOf(Turn.Busy.class);
        assertThat(places.plug("a"))
                .isInstanceOfSatisfying(
                        Turn.Busy.class,
                        busy -> {
                            assertThat(busy.end()).isNotDone();
                            places.plugged("a");
                            assertThat(busy.end()).isDone();
                        });
        assertThat(places.plug("a")).isEqualTo(new Turn.Shared(0));
    }

    @Test
    void anotherDiskHasAnotherPlaceUntilNoneIsLeft() {
        places.plug("a");
        assertThat(places.plug("b")).isEqualTo(new Turn.Change(1));
        assertThat(places.plug("c")).isEqualTo(new Turn.None());
        places.gone("a");
        assertThat(places.plug("c")).isEqualTo(new Turn.Change(0));
    }

    @Test
    void aDiskOfWhichNobodyKnowsKeepsItsPlaceAndIsChangedAgain() {
        places.plug("a");
        places.unsure("a");
        assertThat(places.plug("b")).isEqualTo(new Turn.Change(1));
        assertThat(places.plug("a")).isEqualTo(new Turn.Change(0));
        places.unsure("a");
        assertThat(places.unplug("a")).isEqualTo(new Turn.Change(0));
    }

    @Test
    void anotherDaemonGoesOn() {
        places.plug("a");
        places.plugged("a");
        places.plug("a");
        DiskPlaces other = new DiskPlaces(2);
        other.goOn(places.held());
        assertThat(other.unplug("a")).isEqualTo(new Turn.Shared(0));
        assertThat(other.unplug("a")).isEqualTo(new Turn.Change(0));
    }
}
