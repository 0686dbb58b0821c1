// The group while it lives: heartbeats, new settings, and what it looks like.

#include "common/base/log.h"
#include "common/base/text.h"
#include "sandbox/supervisor/group_service.h"
#include "sandbox/supervisor/process_memory.h"
#include "sandbox/supervisor/silence.h"
#include "sandbox/supervisor/status.h"
#include "sandbox/supervisor/watchdog.h"

#include <unistd.h>
#include <algorithm>
#include <utility>

namespace evd::supervisor {

namespace {

using base::cat;

constexpr int64_t kMemoryAgeNs = base::kNsPerSecond;  // reading it walks page tables
// A beat that comes this late means that we ourselves were stopped; nobody is to blame for silence.
constexpr int64_t kOwnPauseNs = 3 * kHeartbeatIntervalNs;
constexpr std::string_view kConnectedSuffix = "_connected";  // behind the name of an edge

const char* stateName(ProcessState state) {
    switch (state) {
        case ProcessState::Stopped:
            return "stopped";
        case ProcessState::Starting:
            return "starting";
        case ProcessState::Running:
            return "running";
        case ProcessState::Draining:
            return "draining";
        case ProcessState::BackingOff:
            return "backing off";
    }
    return "unknown";
}

}  // namespace

kj::Promise<void> Group::beat() {
    return after(kHeartbeatIntervalNs).then([this]() {
        const int64_t now_ns = clock_.monotonicNs();
        const bool paused = now_ns - last_beat_ns_ > kOwnPauseNs;
        last_beat_ns_ = now_ns;
        for (auto& member : members_) {
            if (paused) {
                member->last_answer_ns = now_ns;
                member->state_since_ns = now_ns;
                member->stillness.reset();
            }
            beatOne(*member, now_ns);
        }
        return beat();
    });
}

// A stop does not wait long for one that hangs. The store ends its threads at its drain, and
// answers nothing meanwhile.
int64_t Group::silenceMaxNs(const Member& member) const {
    if (member.state == ProcessState::Starting) {
        return kStartingTimeoutNs;
    }
    return stopping_ && member.spec.program != Program::Store ? kStoppingTimeoutNs
                                                              : kHeartbeatTimeoutNs;
}

bool Group::works() const {
    using State = ProgramSigns::State;
    const int64_t now_ns = clock_.monotonicNs();
    std::vector<ProgramSigns> all;
    for (const auto& member : members_) {
        const State state = member->state == ProcessState::Stopped      ? State::Idle
                            : member->state == ProcessState::Starting   ? State::Starting
                            : member->state == ProcessState::BackingOff ? State::BackingOff
                                                                        : State::Serving;
        all.push_back({state, now_ns - member->state_since_ns, now_ns - member->last_answer_ns});
    }
    return supervisorWorks(now_ns - last_beat_ns_, all);
}

Silence Group::judge(Member& member, int64_t now_ns) {
    if (!member.asked) {
        member.time_when_silent.reset();
        member.is_starving = false;
    } else if (!member.time_when_silent) {
        member.time_when_silent = processorTime(member.last_pid);
        member.silent_since_ns = now_ns;
    }
    const int64_t silence_ns = now_ns - member.last_answer_ns;
    SilentTime meanwhile;
    if (silence_ns > silenceMaxNs(member) && member.time_when_silent && !stopping_) {
        const ProcessorTime then = *member.time_when_silent;
        const ProcessorTime now = processorTime(member.last_pid).value_or(then);
        meanwhile = {{now.ran_ns - then.ran_ns, now.waited_ns - then.waited_ns},
                     now_ns - member.silent_since_ns};
    }
    const Silence silence = judgeSilence(silence_ns, silenceMaxNs(member), meanwhile);
    if (silence == Silence::Starved && !std::exchange(member.is_starving, true)) {
        base::logWarning(
            cat(member.spec.name, " has been silent for ", silence_ns / base::kNsPerSecond,
                " s and gets no processor, waiting for it: the machine is overloaded"));
    }
    return silence;
}

void Group::beatOne(Member& member, int64_t now_ns) {
    if (!member.child) {
        return;
    }
    if (member.state == ProcessState::Starting) {
        if (now_ns - member.state_since_ns > kStartTimeoutNs) {
            member.crashes.blame(
                cat("did not get ready in ", kStartTimeoutNs / base::kNsPerSecond, " s"));
            kill(member);
            return;
        }
        if (member.spec.program == Program::Store) {
            // It may be recovering a long log, and answers nothing meanwhile.
            const int64_t still_ns = member.stillness.onLook(now_ns, activityOf(member.last_pid));
            if (still_ns > kHeartbeatTimeoutNs) {
                member.crashes.blame(cat("did nothing for ", still_ns / base::kNsPerSecond,
                                         " s, before it was ready"));
                kill(member);
            }
            return;
        }
    }
    if (judge(member, now_ns) == Silence::Hung) {
        member.crashes.blame(
            cat("was silent for ", (now_ns - member.last_answer_ns) / base::kNsPerSecond, " s"));
        kill(member);
        return;
    }
    if (member.asked) {
        return;
    }
    member.asked = true;
    const uint32_t incarnation = member.incarnations;
    tasks_.add(member.child->heartbeat().then(
        [this, &member, incarnation](std::vector<wire::Measure> measures) {
            if (member.incarnations == incarnation) {
                member.asked = false;
                member.last_answer_ns = clock_.monotonicNs();
                member.measures = std::move(measures);
                judgeEdges(member);
            }
        },
        [&member, incarnation](kj::Exception&&) {
            // Its exit, or the silence that follows, says the rest.
            if (member.incarnations == incarnation) {
                member.asked = false;
            }
        }));
}

// Who calls over an edge tells with its figures whether that is connected.
void Group::judgeEdges(Member& member) {
    for (const wire::Measure& measure : member.measures) {
        if (!measure.name.ends_with(kConnectedSuffix)) {
            continue;
        }
        const auto name = measure.name.substr(0, measure.name.size() - kConnectedSuffix.size());
        const auto peer_program = broker_.peerOf(member.spec.program, name);
        const Member* peer = peer_program ? find(*peer_program) : nullptr;
        if (peer == nullptr) {
            continue;
        }
        const bool both_run = !stopping_ && member.state == ProcessState::Running &&
                              peer->state == ProcessState::Running;
        if (member.edges[name].isTorn(measure.value != 0, both_run, member.last_answer_ns)) {
            base::logWarning(cat(member.spec.name, " has no connection to ", peer->spec.name,
                                 " although both run, giving them a new one"));
            if (const auto renewed = broker_.renew(member.spec.program, name); !renewed.ok()) {
                base::logError(cat(renewed.error().text, ", trying again"));
            }
            deliverWaitingEnds();
        }
    }
}

kj::Promise<void> Group::refreshMeasures() {
    kj::Vector<kj::Promise<void>> asked;
    for (auto& member : members_) {
        if (member->state != ProcessState::Running || !member->child) {
            continue;
        }
        const uint32_t incarnation = member->incarnations;
        asked.add(member->child->heartbeat().then(
            [&member = *member, incarnation](std::vector<wire::Measure> measures) {
                if (member.incarnations == incarnation) {
                    member.measures = std::move(measures);
                }
            },
            [](kj::Exception&&) {}));  // What was known last must do.
    }
    return kj::joinPromises(asked.releaseAsArray());
}

kj::Promise<void> Group::configure(const config::Settings& settings) {
    setup_.start.settings = settings;
    ++settings_version_;
    kj::Vector<kj::Promise<void>> told;
    for (auto& member : members_) {
        if (member->state == ProcessState::Running) {  // The others are told when they run.
            told.add(tellSettings(*member));
        }
    }
    return kj::joinPromises(told.releaseAsArray());
}

kj::Promise<void> Group::tellSettings(Member& member) {
    return member.child->configure(setup_.start.settings)
        .catch_([&member](kj::Exception&& exception) {
            base::logWarning(cat(member.spec.name, " did not take the new settings: ",
                                 ipc::toError(exception).text, ", it keeps the old ones"));
        });
}

kj::Promise<void> Group::whenRunning(Member& member) {
    if (member.state == ProcessState::Running) {
        return kj::READY_NOW;
    }
    if (member.given_up || (failed_ && !up_ && !stopping_)) {
        return ipc::toException(base::fail(base::ErrorKind::Gone, "the program was given up"));
    }
    auto pair = kj::newPromiseAndFulfiller<void>();
    member.wait_running.push_back(kj::mv(pair.fulfiller));
    return kj::mv(pair.promise);
}

std::vector<wire::ProcessStatus> Group::groupStatus() {
    return withoutReportMeasures(reportStatus());
}

std::vector<wire::ProcessStatus> Group::reportStatus() {
    refreshMemory(clock_.monotonicNs());
    std::vector<wire::ProcessStatus> all;
    wire::ProcessStatus own;
    own.name = "eventd";
    own.state = stopping_ ? "draining" : up_ ? "running" : "starting";
    own.pid = ::getpid();
    own.started_wall_ns = started_wall_ns_;
    own.memory_bytes = own_memory_bytes_;
    own.settings = notices_;
    own.upgrade = upgrade_.describe();
    all.push_back(std::move(own));
    for (const auto& member : members_) {
        const uint32_t restarts = member->incarnations > 0 ? member->incarnations - 1 : 0;
        all.push_back({std::string(member->spec.name), stateName(member->state),
                       member->child ? member->child->pid() : 0, restarts, member->started_wall_ns,
                       member->memory_bytes, member->measures, member->last_exit,
                       member->crashes.reports()});
    }
    return all;
}

void Group::refreshMemory(int64_t now_ns) {
    if (memory_read_ns_ != 0 && now_ns - memory_read_ns_ < kMemoryAgeNs) {
        return;
    }
    memory_read_ns_ = now_ns;
    own_memory_bytes_ = processMemoryBytes(::getpid());
    for (auto& member : members_) {
        member->memory_bytes = member->child ? processMemoryBytes(member->child->pid()) : 0;
    }
}

base::Result<void> Group::park(Program program, std::string name, base::Fd fd) {
    return broker_.park(program, std::move(name), std::move(fd));
}

void Group::unpark(Program program, std::string_view prefix) {
    broker_.unpark(program, prefix);
}

Group::Member* Group::find(Program program) {
    const auto found = std::find_if(members_.begin(), members_.end(), [&](const auto& member) {
        return member->spec.program == program;
    });
    EVD_CHECK(found != members_.end(), "a program that is not in the group");
    return found->get();
}

}  // namespace evd::supervisor
