#pragma once

#include "common/config/settings.h"
#include "common/ipc/peer_connection.h"
#include "common/ipc/program_service.h"
#include "sandbox/supervisor/fd_broker.h"
#include "sandbox/supervisor/process_table.h"
#include "sandbox/supervisor/spawn.h"

#include <capnp/supervise.capnp.h>
#include <kj/async-io.h>
#include <string>
#include <vector>

namespace evd::supervisor {

// What a child may ask of its supervisor, by the program that it is.
class ChildRequests {
  public:
    virtual ~ChildRequests() noexcept(false) = default;
    virtual base::Result<void> park(Program program, std::string name, base::Fd fd) = 0;
    virtual void unpark(Program program, std::string_view prefix) = 0;
    virtual std::vector<wire::ProcessStatus> groupStatus() = 0;
};

// One incarnation of a program, seen from the supervisor: its process and its control connection.
//
// The supervisor's side of capnp/supervise.capnp. Every promise rejects when the child dies or
// answers with an error; the caller then looks at the child's end. Destroying the object closes the
// connection, on which a child ends by itself. Lives on the event loop; `requests` outlives it.
class ChildConnection {
  public:
    ChildConnection(kj::AsyncIoContext& io, Spawned spawned, const ProgramSpec& spec,
                    ChildRequests& requests);
    ChildConnection(const ChildConnection&) = delete;
    ChildConnection& operator=(const ChildConnection&) = delete;

    pid_t pid() const { return pid_; }

    kj::Promise<void> takeFd(NamedFd descriptor);
    // All of them, then start; the answer is the child's resume points.
    kj::Promise<std::vector<wire::ResumePoint>> start(std::vector<NamedFd> descriptors,
                                                      ipc::StartParams params);
    kj::Promise<std::vector<wire::Measure>> heartbeat();
    kj::Promise<void> configure(const config::Settings& settings);
    kj::Promise<void> drain(bool has_successor);

  private:
    kj::Promise<std::vector<wire::ResumePoint>> sendStart(const ipc::StartParams& params);

    pid_t pid_;
    ProgramSpec spec_;
    ChildRequests& requests_;
    ipc::PeerConnection connection_;
    schema::Child::Client child_;
};

}  // namespace evd::supervisor
