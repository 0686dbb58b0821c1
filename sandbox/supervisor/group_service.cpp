// Birth and death of the programs.
//
// A member is launched by forking its program, giving it its descriptors (takeFd) and then start;
// its answer makes it Running. Its end always arrives the same way, as the exit of its process,
// whatever led to it: a crash, our SIGKILL after a failed start or a missed heartbeat, or the end
// after a drain. So there is one place that decides what an end means (onExit).

#include "sandbox/supervisor/group_service.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/config/socket_paths.h"
#include "sandbox/supervisor/exit_status.h"
#include "sandbox/supervisor/forbidden_call.h"
#include "sandbox/supervisor/inherited_fds.h"
#include "sandbox/supervisor/sensor_sources.h"

#include <sys/wait.h>
#include <algorithm>
#include <csignal>
#include <utility>

namespace evd::supervisor {

namespace {

using base::cat;

class LogErrors final : public kj::TaskSet::ErrorHandler {
  public:
    void taskFailed(kj::Exception&& exception) override {
        base::logError(
            cat("a task of the supervisor failed: ", ipc::toError(exception).text, ", going on"));
    }
};

}  // namespace

Group::Group(kj::AsyncIoContext& io, const base::Clock& clock, GroupSetup setup)
    : io_(io),
      clock_(clock),
      setup_(std::move(setup)),
      broker_(setup_.plan, setup_.keeper, setup_.start.boot_id),
      audit_(AuditRecords::open()),
      started_wall_ns_(clock.wallNs()),
      failure_(kj::newPromiseAndFulfiller<std::string>()),
      errors_(kj::heap<LogErrors>()),
      tasks_(*errors_),
      outside_kmes_(
          io.unixEventPort, io.provider->getTimer(),
          config::socketPaths(setup_.start.settings).kmes,
          [this](Program program, NamedFd end) { giveEnd(*find(program), std::move(end)); }) {
    for (const auto& spec : setup_.plan.start_order) {
        members_.push_back(std::make_unique<Member>());
        members_.back()->spec = spec;
    }
}

Group::~Group() noexcept(false) = default;

kj::Promise<void> Group::start() {
    const auto listening = openSockets();
    if (!listening.ok()) {
        fail(listening.error().text);
        return ipc::toException(listening.error());
    }
    last_beat_ns_ = clock_.monotonicNs();
    tasks_.add(beat());
    return startFrom(0).then([this]() { up_ = true; });
}

base::Result<void> Group::openSockets() {
    const auto paths = config::socketPaths(setup_.start.settings);
    auto inherited =
        sortInherited(std::move(setup_.inherited), setup_.plan, paths, setup_.start.boot_id);
    if (!inherited.ok()) {
        return inherited.error();
    }
    EVD_TRY(broker_.adopt(std::move(inherited).value()));
    const auto& store = setup_.births[Program::Store].identity;
    return broker_.listen(paths, store ? &*store : nullptr);
}

kj::Promise<void> Group::startFrom(size_t index) {
    if (index == members_.size()) {
        return kj::READY_NOW;
    }
    launch(*members_[index]);
    return whenRunning(*members_[index]).then([this, index]() { return startFrom(index + 1); });
}

void Group::launch(Member& member) {
    const auto launched = tryLaunch(member);
    if (!launched.ok()) {
        onDeath(member,
                member.crashes.record(clock_.wallNs(), 0, launched.error().text, /*output=*/{}));
    }
}

base::Result<void> Group::tryLaunch(Member& member) {
    auto descriptors = birthFds(member);
    if (!descriptors.ok()) {
        return descriptors.error();
    }
    auto spawned =
        spawnProgram(setup_.program_folder, member.spec.name, setup_.births[member.spec.program]);
    if (!spawned.ok()) {
        return spawned.error();
    }
    ++member.incarnations;
    member.started_wall_ns = clock_.wallNs();
    member.asked = false;
    member.stillness.reset();
    member.last_answer_ns = clock_.monotonicNs();
    // The pid lives as long as the promise: kj looks at it until the very end.
    auto pid = kj::heap<kj::Maybe<pid_t>>(spawned.value().pid);
    member.pid = pid.get();
    member.last_pid = spawned.value().pid;
    member.crashes.forgive();
    member.edges.clear();  // The new one has edges of its own, and time for their hellos.
    member.output = kj::heap<ChildOutput>(io_, clock_, std::string(member.spec.name),
                                          std::move(spawned.value().output));
    member.settings_version = settings_version_;
    tasks_.add(io_.unixEventPort.onChildExit(*pid)
                   .attach(kj::mv(pid))
                   .then([this, &member](int wait_status) { onExit(member, wait_status); }));
    member.child = kj::heap<ChildConnection>(io_, std::move(spawned).value(), member.spec,
                                             static_cast<ChildRequests&>(*this));
    setState(member, ProcessState::Starting);
    const uint32_t incarnation = member.incarnations;
    tasks_.add(member.child->start(std::move(descriptors).value(), startParams(member))
                   .then([this, &member](auto resume) { onRunning(member, std::move(resume)); },
                         [this, &member, incarnation](kj::Exception&& exception) {
                             if (member.incarnations == incarnation) {
                                 onRefusal(member, exception);
                             }
                         }));
    deliverWaitingEnds();
    return {};
}

// A start that was answered with an error; when the connection broke instead, the exit says why.
void Group::onRefusal(Member& member, const kj::Exception& exception) {
    if (exception.getType() != kj::Exception::Type::DISCONNECTED) {
        member.crashes.blame(cat("could not start (", ipc::toError(exception).text, ")"));
    }
    kill(member);
}

base::Result<std::vector<NamedFd>> Group::birthFds(const Member& member) {
    const Program program = member.spec.program;
    auto all = broker_.descriptorsFor(program);
    if (!all.ok()) {
        return all.error();
    }
    if (setup_.plan.backend == KmesBackend::Socket && member.spec.calls_kmes) {
        auto kmes = outside_kmes_.connect(member.spec);
        if (kmes.ok()) {
            all.value().push_back(std::move(kmes).value());
        } else if (program == Program::Collector) {
            return kmes.error();
        } else {
            // Answering questions does not depend on it, nor what the sensor tells in lines and
            // numbers.
            base::logWarning(
                cat(kmes.error().text, ", ", member.spec.name, " emits no events until then"));
        }
    }
    if (program == Program::Sensor) {
        for (auto& source : openSensorSources(setup_.start.settings)) {
            all.value().push_back(std::move(source));
        }
    }
    return all;
}

ipc::StartParams Group::startParams(const Member& member) const {
    ipc::StartParams params = setup_.start;
    params.resume = resume_;
    params.restart = member.incarnations > 1;
    return params;
}

void Group::onRunning(Member& member, std::vector<wire::ResumePoint> resume) {
    if (member.spec.program == Program::Store) {
        resume_ = std::move(resume);
    }
    setState(member, ProcessState::Running);
    member.last_answer_ns = clock_.monotonicNs();
    if (member.incarnations > 1) {
        base::logInfo(cat(member.spec.name, " serves again"));
    }
    for (auto& waiting : member.wait_running) {
        waiting->fulfill();
    }
    member.wait_running.clear();
    continueUpgrade(member);
    if (member.settings_version != settings_version_) {
        tasks_.add(tellSettings(member));  // They changed while it was starting.
    }
    deliverWaitingEnds();
    beatOne(member, member.last_answer_ns);  // Its first figures, without waiting for the beat.
}

// The peer of a program that was born again gets its end of the new edge at once. One that is still
// starting too: it may be waiting for an answer over the old edge, which nobody will give.
void Group::deliverWaitingEnds() {
    for (auto& member : members_) {
        if (!member->child) {
            continue;
        }
        for (auto& end : broker_.takeWaiting(member->spec.program)) {
            giveEnd(*member, std::move(end));
        }
    }
}

void Group::giveEnd(Member& member, NamedFd end) {
    if (member.child) {
        // A failure means that the receiver dies, which its exit will tell.
        tasks_.add(member.child->takeFd(std::move(end)).catch_([](kj::Exception&&) {}));
    }
}

bool Group::anybodyThere() const {
    return std::any_of(members_.begin(), members_.end(),
                       [](const auto& member) { return member->pid != nullptr; });
}

void Group::onExit(Member& member, int wait_status) {
    member.child = nullptr;
    member.pid = nullptr;
    auto output = member.output->finish();
    member.output = nullptr;
    if (ending_) {
        if (wait_gone_ && !anybodyThere()) {
            wait_gone_->fulfill();
        }
        return;
    }
    if (member.drained && member.is_replaced) {
        onReplaced(member, wait_status);
        return;
    }
    member.is_replaced = false;
    if (member.drained) {
        broker_.closeSockets(member.spec.program);
        setState(member, ProcessState::Stopped);
        const bool clean = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
        if (!clean) {
            base::logWarning(
                cat(member.spec.name, " ", describeExit(wait_status), " after it had drained"));
        }
        for (auto& waiting : member.wait_exit) {
            waiting->fulfill(kj::cp(clean));
        }
        member.wait_exit.clear();
        return;
    }
    onCrash(member, wait_status, std::move(output));
}

void Group::onCrash(Member& member, int wait_status, std::vector<std::string> output) {
    std::string how = describeExit(wait_status);
    if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGSYS) {
        if (const auto call = forbiddenCall(member.last_pid, audit_)) {
            how = cat("made the forbidden system call ", *call, " and was killed for it (SIGSYS)");
        }
    }
    onDeath(member,
            member.crashes.record(clock_.wallNs(), member.last_pid, how, std::move(output)));
}

void Group::onDeath(Member& member, const std::string& how) {
    member.last_exit = how;
    setState(member, ProcessState::BackingOff);
    if (!up_ && !stopping_) {
        fail(cat(member.spec.name, ": ", how, ", before the group was ready"));
        return;
    }
    judgeUpgrade(member, how);
    if (isDispensable(member)) {
        base::logWarning(cat(member.spec.name, " (pid ", member.last_pid, ") ", how,
                             ", which ends it for this stop"));
        dispenseWith(member);
        return;
    }
    const auto decision = member.policy.onDeath(clock_.monotonicNs());
    if (decision.give_up) {
        member.given_up = true;
        setState(member, ProcessState::Stopped);
        fail(cat(member.spec.name, ": ", how, "; that was death ", kDeathsMax, " within ",
                 kDeathWindowNs / base::kNsPerSecond, " s, giving up"));
        return;
    }
    base::logWarning(cat(member.spec.name, " (pid ", member.last_pid, ") ", how,
                         ", starting it again in ", decision.delay_ns / base::kNsPerMs, " ms"));
    tasks_.add(after(decision.delay_ns).then([this, &member]() {
        if (!ending_ && member.state == ProcessState::BackingOff) {
            launch(member);
        }
    }));
}

void Group::fail(const std::string& reason) {
    failed_ = true;
    for (auto& member : members_) {
        if (!member->given_up && (up_ || stopping_)) {
            continue;
        }
        for (auto& waiting : member->wait_running) {
            waiting->reject(ipc::toException(base::fail(base::ErrorKind::Gone, reason)));
        }
        member->wait_running.clear();
    }
    failure_.fulfiller->fulfill(kj::cp(reason));
}

kj::Promise<std::string> Group::failure() {
    return kj::mv(failure_.promise);
}

kj::Promise<void> Group::after(int64_t delay_ns) {
    return io_.provider->getTimer().afterDelay(delay_ns * kj::NANOSECONDS);
}

void Group::setState(Member& member, ProcessState state) {
    member.state = state;
    member.state_since_ns = clock_.monotonicNs();
}

void Group::kill(Member& member) {
    if (member.pid == nullptr) {
        return;
    }
    KJ_IF_MAYBE (pid, *member.pid) {
        (void)::kill(*pid, SIGKILL);  // It may be gone already, and its exit on the way to us.
    }
}

void Group::killAll() {
    ending_ = true;
    for (auto& member : members_) {
        kill(*member);
    }
}

kj::Promise<void> Group::whenAllGone() {
    if (!anybodyThere()) {
        return kj::READY_NOW;
    }
    auto pair = kj::newPromiseAndFulfiller<void>();
    wait_gone_ = kj::mv(pair.fulfiller);
    return kj::mv(pair.promise);
}

}  // namespace evd::supervisor
