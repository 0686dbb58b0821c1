#pragma once

#include "common/config/configuration.h"
#include "sandbox/supervisor/group_service.h"
#include "sandbox/supervisor/notify.h"
#include "sandbox/supervisor/registry_watch.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evd::supervisor {

inline constexpr int64_t kStopTimeoutNs = 8 * base::kNsPerSecond;
inline constexpr int64_t kReloadDelayNs = 100 * base::kNsPerMs;  // an editor writes several times

// What main has prepared. The registry outlives the run.
struct SupervisorSetup {
    GroupSetup group;
    config::Registry* registry = nullptr;
    // Armed before the registry was read; none where it tells of changes by itself.
    std::optional<RegistryWatch> watch = std::nullopt;
    std::string state_folder;
    std::vector<config::Problem> problems;  // of the configuration we start with
    Notify notify;
    std::optional<int64_t> watchdog_interval_ns;
    int64_t stop_timeout_ns = kStopTimeoutNs;
};

// Runs the group until it is told to stop or is lost: readiness, signals (contracts §2), reloads of
// the configuration, the watchdog, the bounded end. Returns the exit status: 0 after a clean stop,
// 1 otherwise, having said why. Called once, from main; captures signals for the whole process.
int runSupervisor(SupervisorSetup setup);

// EVENTD_STOP_TIMEOUT_MS as nanoseconds, or the default when it is unset or no number. Pure.
int64_t stopTimeoutNs(const char* milliseconds);

}  // namespace evd::supervisor
