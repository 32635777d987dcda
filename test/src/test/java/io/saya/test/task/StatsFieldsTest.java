package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.saya.proto.containerd.task.StatsRequest;
import io.saya.test.WithProduct;
import io.saya.ttrpc.TtrpcException;
import java.io.IOException;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Which parts of its statistics containerd's own shim for runc fills, and that Saya's fills them as
 * well: clients dereference them without a look.
 */
@WithProduct
class StatsFieldsTest extends ShimSuite {

    @Test
    void allPartsThatRuncsShimFillsAreFilled()
            throws IOException, TtrpcException, InterruptedException {
        Message runc = statistics("runc");
        Message saya = statistics("saya");

        assertThat(saya.getDescriptorForType()).isEqualTo(runc.getDescriptorForType());
        assertThat(parts(runc)).contains("memory.usage", "cpu");
        assertThat(parts(saya)).containsAll(parts(runc));
    }

    /** The figures of a container that runs. */
    private Message statistics(String runtime)
            throws IOException, TtrpcException, InterruptedException {
        var before = events().events().size();
        Message statistics;
        try (var shim = start(runtime, Map.of(), "sleep", "1000")) {
            var _ = shim.tasks().create(shim.createRequest("", "", ""), Shim.within());
            shim.start("");
            var answer =
                    shim.tasks()
                            .stats(
                                    StatsRequest.newBuilder().setId(shim.id()).build(),
                                    Shim.within())
                            .getStats();
            statistics =
                    answer.getTypeUrl().contains("cgroups.v1")
                            ? io.saya.proto.cgroups.v1.Metrics.parseFrom(answer.getValue())
                            : io.saya.proto.cgroups.v2.Metrics.parseFrom(answer.getValue());
        }
        awaitQuiet(before);
        return statistics;
    }

    /** The sub-messages that are there, by name; how many entries a list has is not compared. */
    private static SortedSet<String> parts(Message message) {
        var parts = new TreeSet<String>();
        collect("", message, parts);
        return parts;
    }

    private static void collect(String prefix, Message message, SortedSet<String> parts) {
        for (var field : message.getDescriptorForType().getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                    && !field.isRepeated()
                    && !field.getName().equals("psi")
                    && message.hasField(field)) {
                var name = prefix + field.getName();
                parts.add(name);
                collect(name + ".", (Message) message.getField(field), parts);
            }
        }
    }
}
