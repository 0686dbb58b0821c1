#include "sandbox/profiles/profile.h"

namespace evd::sandbox {

namespace {

std::span<const CallRule> ownCallsOf(Role role) {
    switch (role) {
        case Role::Collector:
            return collectorCalls();
        case Role::Kmesd:
            return kmesdCalls();
        case Role::Sensor:
            return sensorCalls();
        case Role::Ingest:
            return ingestCalls();
        case Role::Store:
            return storeCalls();
        case Role::Queryd:
            return querydCalls();
        case Role::Evctl:
            return {};
    }
    return {};
}

}  // namespace

std::vector<CallRule> profileOf(Role role) {
    std::vector<CallRule> rules;
    if (role == Role::Evctl) {
        return rules;
    }
    const auto common = everyProgramCalls();
    const auto own = ownCallsOf(role);
    rules.insert(rules.end(), common.begin(), common.end());
    rules.insert(rules.end(), own.begin(), own.end());
    return rules;
}

const char* roleName(Role role) {
    switch (role) {
        case Role::Collector:
            return "collector";
        case Role::Kmesd:
            return "kmesd";
        case Role::Sensor:
            return "sensor";
        case Role::Ingest:
            return "ingest";
        case Role::Store:
            return "store";
        case Role::Queryd:
            return "queryd";
        case Role::Evctl:
            return "evctl";
    }
    return "unknown";
}

}  // namespace evd::sandbox
