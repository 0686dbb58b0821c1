#pragma once

#include "common/base/clock.h"
#include "sandbox/supervisor/audit_records.h"
#include "sandbox/supervisor/child_output_service.h"
#include "sandbox/supervisor/child_service.h"
#include "sandbox/supervisor/crash_log.h"
#include "sandbox/supervisor/edge_health.h"
#include "sandbox/supervisor/fd_broker.h"
#include "sandbox/supervisor/outside_kmes_service.h"
#include "sandbox/supervisor/restart_policy.h"
#include "sandbox/supervisor/silence.h"
#include "sandbox/supervisor/stillness.h"
#include "sandbox/supervisor/stop_diary.h"
#include "sandbox/supervisor/upgrade_plan.h"

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evd::supervisor {

inline constexpr int64_t kHeartbeatIntervalNs = base::kNsPerSecond;
inline constexpr int64_t kHeartbeatTimeoutNs = 5 * base::kNsPerSecond;
inline constexpr int64_t kStoppingTimeoutNs = 2 * base::kNsPerSecond;
inline constexpr int64_t kStartingTimeoutNs = 10 * base::kNsPerSecond;
inline constexpr int64_t kStartTimeoutNs = 60 * base::kNsPerSecond;  // a long log is recovered

enum class ProcessState { Stopped, Starting, Running, Draining, BackingOff };

// What the group is made of and told, once.
struct GroupSetup {
    GroupPlan plan;
    std::string program_folder;
    std::map<Program, Birth> births;  // who is not in it is born as we are
    ipc::StartParams start;  // settings, boot, uids and gids; the rest is filled in for each child
    std::vector<NamedFd> inherited;  // from whoever started us
    FdKeeper* keeper = nullptr;      // of what is parked, over our own end; outlives the group
};

// The programs of the group: brings them up in order, notices how they end, starts them again with
// new edges, and takes them down in order.
//
// Each of its promises may be dropped at any time. A program that dies is started again after what
// RestartPolicy says; one that does not answer a heartbeat for kHeartbeatTimeoutNs, or a start for
// kStartTimeoutNs, is killed first. Before start() has resolved any death is a failure of the
// group. Lives on the event loop of the main thread; clock and io outlive it.
class Group final : public ChildRequests {
  public:
    Group(kj::AsyncIoContext& io, const base::Clock& clock, GroupSetup setup);
    ~Group() noexcept(false) override;

    // Makes the sockets, starts everything in order; resolves when all have answered.
    kj::Promise<void> start();
    // Resolves with a sentence when the group cannot go on: a failed start, or too many deaths.
    kj::Promise<std::string> failure();
    // New settings for everybody; resolves when all who run have them.
    kj::Promise<void> configure(const config::Settings& settings);
    // Drains in order; programs that die while it lasts are started again and drained. Resolves
    // with true when every program drained and ended cleanly. Unbounded: the caller bounds it.
    kj::Promise<bool> stop();
    // How long each program took, or has taken until now.
    std::string describeStop() const { return stop_diary_.describe(clock_.monotonicNs()); }
    // Replaces every program, one after the other, by what its file holds now (UpgradePlan). False
    // when it cannot be: one is under way, or the group is not up, or no longer. What becomes of it
    // is in the log and in groupStatus().
    bool upgrade();
    const UpgradePlan& upgradePlan() const { return upgrade_; }
    void killAll();
    // Whether we do what we are here for; see watchdog.h.
    bool works() const;
    // Resolves when no process of the group is left.
    kj::Promise<void> whenAllGone();

    base::Result<void> park(Program program, std::string name, base::Fd fd) override;
    void unpark(Program program, std::string_view prefix) override;
    // What the status is to say of settings that are not in force.
    void noteSettings(std::vector<wire::SettingNotice> notices) { notices_ = std::move(notices); }
    std::vector<wire::ProcessStatus> groupStatus() override;
    // The same with the measures that are for the report of SIGQUIT alone (Ruling L3).
    std::vector<wire::ProcessStatus> reportStatus();
    // Asks everybody for new measures; resolves when all who can have answered. Unbounded: the
    // caller bounds it.
    kj::Promise<void> refreshMeasures();

  private:
    struct Member {
        ProgramSpec spec;
        ProcessState state = ProcessState::Stopped;
        kj::Own<ChildConnection> child;   // null when there is no process
        kj::Maybe<pid_t>* pid = nullptr;  // emptied by kj the moment the process is reaped
        pid_t last_pid = 0;
        RestartPolicy policy;
        uint32_t incarnations = 0;
        uint32_t settings_version = 0;  // of the settings it was started with
        int64_t started_wall_ns = 0;
        int64_t state_since_ns = 0;
        int64_t last_answer_ns = 0;
        bool asked = false;                             // a heartbeat is under way
        std::optional<ProcessorTime> time_when_silent;  // at the beat that found no answer first
        int64_t silent_since_ns = 0;                    // that beat
        bool is_starving = false;                       // and that was told
        Stillness stillness;                            // while it starts and answers nothing
        bool drained = false;
        bool is_replaced = false;  // its end is asked for by an upgrade
        bool given_up = false;
        std::vector<wire::Measure> measures;
        std::map<std::string, EdgeHealth, std::less<>> edges;  // that it speaks of, by name
        std::string last_exit;
        kj::Own<ChildOutput> output;  // stays until the process is reaped
        CrashLog crashes;
        uint64_t memory_bytes = 0;
        std::vector<kj::Own<kj::PromiseFulfiller<void>>> wait_running;
        std::vector<kj::Own<kj::PromiseFulfiller<bool>>> wait_exit;  // after a drain
    };

    // group_service.cpp
    base::Result<void> openSockets();
    kj::Promise<void> startFrom(size_t index);
    void launch(Member& member);
    base::Result<void> tryLaunch(Member& member);
    base::Result<std::vector<NamedFd>> birthFds(const Member& member);
    ipc::StartParams startParams(const Member& member) const;
    void onRunning(Member& member, std::vector<wire::ResumePoint> resume);
    void onRefusal(Member& member, const kj::Exception& exception);
    void onExit(Member& member, int wait_status);
    bool anybodyThere() const;
    void onCrash(Member& member, int wait_status, std::vector<std::string> output);
    void onDeath(Member& member, const std::string& how);
    void deliverWaitingEnds();
    void giveEnd(Member& member, NamedFd end);
    kj::Promise<void> tellSettings(Member& member);
    void fail(const std::string& reason);

    // group_life_service.cpp
    kj::Promise<void> beat();
    void beatOne(Member& member, int64_t now_ns);
    int64_t silenceMaxNs(const Member& member) const;
    Silence judge(Member& member, int64_t now_ns);
    void judgeEdges(Member& member);
    kj::Promise<void> whenRunning(Member& member);
    void refreshMemory(int64_t now_ns);

    // group_stop_service.cpp
    kj::Promise<bool> drainFrom(size_t index, bool clean);
    kj::Promise<bool> drainMember(Member& member);
    kj::Promise<bool> drainOnce(Member& member, uint32_t incarnation);
    kj::Promise<bool> letGo(Member& member);
    kj::Promise<bool> letWaitingGo(Program ended);
    kj::Promise<bool> whenExited(Member& member);
    bool isDispensable(const Member& member) const;
    void dispenseWith(Member& member);

    // group_upgrade_service.cpp
    kj::Promise<void> replaceNext();
    kj::Promise<void> endForSuccessor(Member& member, uint32_t incarnation);
    void onReplaced(Member& member, int wait_status);
    void continueUpgrade(Member& member);
    void judgeUpgrade(Member& member, const std::string& how);

    kj::Promise<void> after(int64_t delay_ns);
    void setState(Member& member, ProcessState state);
    void kill(Member& member);
    Member* find(Program program);

    kj::AsyncIoContext& io_;
    const base::Clock& clock_;
    GroupSetup setup_;
    FdBroker broker_;
    AuditRecords audit_;
    UpgradePlan upgrade_;
    StopDiary stop_diary_;
    std::vector<std::unique_ptr<Member>> members_;
    std::vector<wire::ResumePoint> resume_;
    std::vector<wire::SettingNotice> notices_;
    uint32_t settings_version_ = 0;
    int64_t started_wall_ns_;
    int64_t last_beat_ns_ = 0;
    int64_t memory_read_ns_ = 0;
    uint64_t own_memory_bytes_ = 0;
    kj::Own<kj::PromiseFulfiller<void>> wait_gone_;
    bool up_ = false;
    bool ending_ = false;  // killAll: nobody is started again
    bool stopping_ = false;
    bool failed_ = false;
    kj::PromiseFulfillerPair<std::string> failure_;
    kj::Own<kj::TaskSet::ErrorHandler> errors_;
    kj::TaskSet tasks_;         // its tasks use all of the above
    OutsideKmes outside_kmes_;  // and this one adds some
};

}  // namespace evd::supervisor
