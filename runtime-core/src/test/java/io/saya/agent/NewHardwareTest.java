package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Empty;
import io.saya.proto.agent.AgentDetails;
import io.saya.proto.agent.AgentService;
import io.saya.proto.agent.GuestDetailsRequest;
import io.saya.proto.agent.GuestDetailsResponse;
import io.saya.proto.agent.OnlineCPUMemRequest;
import io.saya.ttrpc.CallContext;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each release is told the number of CPUs that it waits for. */
@Timeout(60)
class NewHardwareTest {

    @TempDir Path directory;

    @ParameterizedTest
    @CsvSource({
        "1.13.0, 2",
        "2.5.2, 2",
        "3.1.3, 2",
        "3.2.0, 5",
        "4.1.0, 5",
        "4.1.0+saya.0.1.0, 5",
    })
    void anAgentIsToldTheNewOnesOrAllAsItTakesIt(String version, int counted) throws Exception {
        List<OnlineCPUMemRequest> told = new CopyOnWriteArrayList<>();
        AgentService served =
                new AgentService() {
                    @Override
                    public GuestDetailsResponse getGuestDetails(
                            CallContext context, GuestDetailsRequest request) {
                        return GuestDetailsResponse.newBuilder()
                                .setAgentDetails(AgentDetails.newBuilder().setVersion(version))
                                .build();
                    }

                    @Override
                    public Empty onlineCPUMem(CallContext context, OnlineCPUMemRequest request) {
                        told.add(request);
                        return Empty.getDefaultInstance();
                    }
                };
        try (ServedAgent connection = new ServedAgent(directory, served)) {
            KataAgent agent = connection.agent();
            GuestDetails _ = agent.details();
            agent.useNewHardware(5, 2, false);
            agent.useNewHardware(5, 0, true);
        }
        OnlineCPUMemRequest all = OnlineCPUMemRequest.newBuilder().setWait(true).build();
        assertThat(told)
                .containsExactly(all.toBuilder().setNbCpus(counted).setCpuOnly(true).build(), all);
    }
}
