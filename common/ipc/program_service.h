#pragma once

#include "common/base/fd.h"
#include "common/base/guid.h"
#include "common/config/settings.h"
#include "common/ipc/errors.h"
#include "common/wire/record.h"

#include <kj/async-io.h>
#include <kj/async.h>
#include <sys/types.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::ipc {

inline constexpr int kControlFd = 3;

// What a child is told when it is started (capnp/supervise.capnp, StartParams).
struct StartParams {
    config::Settings settings;
    base::Guid boot_id;
    std::vector<wire::ResumePoint> resume;
    uid_t owner_uid = 0;
    std::optional<uid_t> sensor_uid = std::nullopt;  // when it is a user of its own
    std::vector<gid_t> admin_gids;
    std::vector<gid_t> emit_gids;
    bool restart = false;
};

// A child's way back to its supervisor. Lives on the event loop and as long as the process.
class SupervisorLink {
  public:
    // KJ's objects may throw when they are destroyed, and implementations hold some.
    virtual ~SupervisorLink() noexcept(false) = default;
    // Keeps the descriptor for this program's successor under this name (Ruling K6).
    virtual kj::Promise<void> park(std::string name, base::Fd fd) = 0;
    virtual kj::Promise<void> unpark(std::string prefix) = 0;
    virtual kj::Promise<std::vector<wire::ProcessStatus>> groupStatus() = 0;
};

// What every program of the group is to its supervisor.
//
// All calls come on the event loop of the main thread. Order: takeFd for each descriptor the
// program is born with, start once, then takeFd (an edge replaced because its peer was restarted),
// configure and measures in any order, drain last. start() confines the process (sandbox::confine)
// before it touches a foreign byte and before it makes threads; its promise resolves when the
// program serves. A rejected promise of start ends the process with its message. A program that
// loses its supervisor ends at once.
class Program {
  public:
    virtual ~Program() noexcept(false) = default;
    // Resume points are the store's answer; every other program answers none.
    virtual kj::Promise<std::vector<wire::ResumePoint>> start(StartParams params,
                                                              SupervisorLink& supervisor,
                                                              kj::AsyncIoContext& io) = 0;
    virtual void takeFd(std::string name, base::Fd fd) = 0;
    virtual void configure(const config::Settings& settings) = 0;
    // Said before drain: a successor goes on with everything, so that nothing need be given up to
    // end in time.
    virtual void announceSuccessor() {}
    // Take nothing new in, finish what is held, then resolve. The process exits afterwards.
    virtual kj::Promise<void> drain() = 0;
    // Figures for heartbeats; must be cheap and must not block.
    virtual std::vector<wire::Measure> measures() = 0;
};

// Runs the event loop on kControlFd until the supervisor lets go, then ends the process: status 0
// after a drain, 1 otherwise. Out of memory it ends before that (base/exhaustion.h). Does not
// return and runs no destructors. The last line of every child's main.
int runProgram(Program& program);

}  // namespace evd::ipc
