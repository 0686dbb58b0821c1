#pragma once

#include "sandbox/confine.h"

#include <functional>
#include <string>

namespace evd::test {

// How a child ended.
struct JailOutcome {
    int exit_code = -1;  // -1 when a signal ended it
    int signal = 0;
    bool killedByFilter() const;
};

inline constexpr int kJailDone = 0;
inline constexpr int kJailFailed = 1;  // what the child tried did not work
inline constexpr int kJailNotConfined = 2;

inline constexpr sandbox::Role kRoles[] = {sandbox::Role::Collector, sandbox::Role::Kmesd,
                                           sandbox::Role::Sensor,    sandbox::Role::Ingest,
                                           sandbox::Role::Store,     sandbox::Role::Queryd};

// The jail of a role that one path is open to.
sandbox::Confinement jail(sandbox::Role role, const std::string& path, sandbox::PathAccess access);

// Forks a child that confines itself and then does the work; the work answers true when it went
// well. Its stderr goes nowhere. Waits for the child's end.
JailOutcome runJailed(const sandbox::Confinement& confinement, const std::function<bool()>& work);
JailOutcome runJailed(sandbox::Role role, const std::function<bool()>& work);

}  // namespace evd::test
