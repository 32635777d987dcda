package io.saya.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamRoomTest {
    private static final int MEBIBYTE = 1 << 20;

    private final StreamRoom room = new StreamRoom();

    @Test
    void fewStreamsHaveAllThatTheyWant() {
        for (int i = 0; i < 2; i++) {
            assertThat(room.share().resize(MEBIBYTE / 2)).isEqualTo(MEBIBYTE / 2);
        }
    }

    @Test
    void manyStreamsShareAndEachHasALittle() {
        List<StreamRoom.Share> shares = new ArrayList<>();
        long held = 0;
        for (int i = 0; i < 1024; i++) {
            StreamRoom.Share share = room.share();
            shares.add(share);
            int size = share.resize(MEBIBYTE);
            assertThat(size).isGreaterThanOrEqualTo(StreamRoom.LEAST);
            held += 2L * size;
        }
        assertThat(held).isLessThanOrEqualTo(StreamRoom.SHARED + 1024L * 2 * StreamRoom.LEAST);
        assertThat(shares.getLast().keep(MEBIBYTE)).isFalse();
        shares.forEach(StreamRoom.Share::end);
        assertThat(room.left()).isEqualTo(StreamRoom.SHARED);
    }

    @Test
    void whatIsKeptIsGivenBackOnce() {
        StreamRoom.Share share = room.share();
        assertThat(share.keep(MEBIBYTE)).isTrue();
        assertThat(room.left()).isEqualTo(StreamRoom.SHARED - MEBIBYTE);
        share.letGo();
        share.end();
        assertThat(room.left()).isEqualTo(StreamRoom.SHARED);
    }

    @Test
    void aStreamThatWantsLessGivesBack() {
        StreamRoom.Share share = room.share();
        share.resize(MEBIBYTE / 4);
        assertThat(share.resize(StreamRoom.LEAST / 2)).isEqualTo(StreamRoom.LEAST);
        assertThat(room.left()).isEqualTo(StreamRoom.SHARED);
    }
}
