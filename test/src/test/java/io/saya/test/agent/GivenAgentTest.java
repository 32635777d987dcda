package io.saya.test.agent;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** An agent of somebody's, by its address: {@code test/agent/run.sh}. */
@EnabledIfSystemProperty(
        named = "saya.agent",
        matches = ".+",
        disabledReason = "no agent to test: test/agent/run.sh ADDRESS")
final class GivenAgentTest extends AgentContract {

    @Override
    AgentAddress address() {
        return AgentAddress.parse(
                System.getProperty("saya.agent", ""),
                System.getProperty("saya.agent.dialect", "ttrpc"));
    }
}
