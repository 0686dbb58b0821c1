#include "sandbox/supervisor/supervisor_service.h"

#include "common/base/exhaustion.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/exhaustion_watch.h"
#include "sandbox/supervisor/fd_keeper.h"
#include "sandbox/supervisor/setting_notices.h"
#include "sandbox/supervisor/status.h"

#include <kj/async-unix.h>
#include <csignal>
#include <utility>

namespace evd::supervisor {

namespace {

using base::cat;

constexpr int kExitClean = 0;
constexpr int kExitFailed = 1;
constexpr uint64_t kStopTimeoutMsMax = 24 * 60 * 60 * 1000;
constexpr int64_t kSlowStopNs = 2 * base::kNsPerSecond;  // worth a line
constexpr int64_t kReapTimeoutNs = base::kNsPerSecond;
// The report waits for fresh figures only so long.
constexpr int64_t kReportPatienceNs = base::kNsPerSecond / 2;

// Why the waiting ended.
struct Event {
    enum class Kind { Ready, Failed, Signal };
    Kind kind = Kind::Ready;
    int signal = 0;
    std::string reason;
};

class Supervisor final : private kj::TaskSet::ErrorHandler {
  public:
    explicit Supervisor(SupervisorSetup setup)
        : setup_(std::move(setup)),
          io_(kj::setupAsyncIo()),
          keeper_(setup_.notify),
          settings_(setup_.group.start.settings),
          group_(io_, clock_, keptBy(keeper_, std::move(setup_.group))),
          tasks_(*this) {
        group_.noteSettings(settingNotices(settings_, {}, setup_.problems));
    }

    int run() {
        auto stop = stopSignal().fork();
        auto failure = group_.failure()
                           .then([](std::string reason) {
                               return Event{Event::Kind::Failed, 0, std::move(reason)};
                           })
                           .fork();
        const Event first = group_.start()
                                .then([]() -> kj::Promise<Event> { return Event{}; }, failsOver)
                                .exclusiveJoin(failure.addBranch())
                                .exclusiveJoin(stop.addBranch())
                                .wait(io_.waitScope);
        if (first.kind == Event::Kind::Failed) {
            base::logError(first.reason);
            return end(kExitFailed);
        }
        if (first.kind == Event::Kind::Signal) {
            return stopGroup(first);
        }
        announce();
        return stopGroup(failure.addBranch().exclusiveJoin(stop.addBranch()).wait(io_.waitScope));
    }

  private:
    static GroupSetup keptBy(FdKeeper& keeper, GroupSetup group) {
        group.keeper = &keeper;
        return group;
    }

    // The reason comes through failure(), which the group fulfils at the same time.
    static kj::Promise<Event> failsOver(kj::Exception&&) { return kj::NEVER_DONE; }

    kj::Promise<Event> stopSignal() {
        const auto event = [](const siginfo_t& info) {
            return Event{Event::Kind::Signal, info.si_signo, ""};
        };
        auto& port = io_.unixEventPort;
        return port.onSignal(SIGTERM)
            .exclusiveJoin(port.onSignal(SIGINT))
            .exclusiveJoin(port.onSignal(SIGQUIT))
            .then(event);
    }

    void announce() {
        tasks_.add(reloadOnSignal());
        tasks_.add(upgradeOnSignal());
        watchRegistry();
        if (setup_.watchdog_interval_ns) {
            setup_.notify.watchdog();
            tasks_.add(feedWatchdog());
        }
        setup_.notify.ready();
        base::logInfo("ready");
    }

    // What has changed since the configuration was read waits in the descriptor, and is looked at
    // now that the start is over (Spec §10.1).
    void watchRegistry() {
        const int fd = setup_.watch ? setup_.watch->fd() : setup_.registry->changeFd();
        if (fd < 0) {
            return;
        }
        watch_events_ = kj::heap<kj::UnixEventPort::FdObserver>(
            io_.unixEventPort, fd, kj::UnixEventPort::FdObserver::OBSERVE_READ);
        tasks_.add(reloadOnChange());
    }

    bool takeChanges() {
        return setup_.watch ? setup_.watch->drain() : setup_.registry->takeChanges();
    }

    kj::Promise<void> feedWatchdog() {
        return after(*setup_.watchdog_interval_ns).then([this]() {
            if (group_.works()) {
                setup_.notify.watchdog();
            } else {
                base::logError(
                    "a program can be neither reached nor ended, not feeding the watchdog");
            }
            return feedWatchdog();
        });
    }

    kj::Promise<void> reloadOnSignal() {
        return io_.unixEventPort.onSignal(SIGHUP).then([this](siginfo_t&&) {
            return reload(/*announced=*/true).then([this]() { return reloadOnSignal(); });
        });
    }

    kj::Promise<void> upgradeOnSignal() {
        return io_.unixEventPort.onSignal(SIGUSR2).then([this](siginfo_t&&) {
            if (!group_.upgrade()) {
                base::logWarning(
                    "asked to upgrade, but the group is busy with that or with its "
                    "end already, ignoring it");
            }
            return upgradeOnSignal();
        });
    }

    kj::Promise<void> reloadOnChange() {
        return watch_events_->whenBecomesReadable().then([this]() -> kj::Promise<void> {
            if (!takeChanges()) {
                return reloadOnChange();
            }
            return after(kReloadDelayNs).then([this]() {
                (void)takeChanges();  // The rest of the same change.
                return reload(/*announced=*/false).then([this]() { return reloadOnChange(); });
            });
        });
    }

    // Spec §10.1: tuning parameters at once, paths and shards at the next start.
    kj::Promise<void> reload(bool announced) {
        if (announced) {
            setup_.notify.reloading(clock_.monotonicNs() / base::kNsPerUs);
        }
        const auto loaded =
            config::loadConfiguration({setup_.registry, setup_.state_folder, &settings_});
        for (const auto& problem : loaded.problems) {
            // Ruling A6: no rule is kept in place of one that cannot be read.
            base::logError(cat(config::formatProblem(problem),
                               config::concernsSecurity(problem) ? "" : ", keeping what was"));
        }
        const auto change = config::applyLive(settings_, loaded.settings);
        for (const auto& entry : change.applied) {
            base::logInfo(cat(entry.name, " is now ", entry.new_text, ", was ", entry.old_text));
        }
        for (const auto& entry : change.waiting) {
            base::logInfo(cat(entry.name, " becomes ",
                              entry.new_text.empty() ? "unset" : entry.new_text,
                              " at the next start"));
        }
        settings_ = change.settings;
        group_.noteSettings(settingNotices(settings_, change.waiting, loaded.problems));
        auto told =
            change.applied.empty() ? kj::Promise<void>(kj::READY_NOW) : group_.configure(settings_);
        return told.then([this, announced]() {
            if (announced) {
                setup_.notify.ready();
            }
        });
    }

    int stopGroup(const Event& event) {
        setup_.notify.stopping();
        if (event.kind == Event::Kind::Failed) {
            base::logError(event.reason);
        } else {
            base::logInfo(cat("stopping (", ::sigabbrev_np(event.signal), ")"));
        }
        if (event.signal == SIGQUIT) {
            group_.refreshMeasures().exclusiveJoin(after(kReportPatienceNs)).wait(io_.waitScope);
            base::logInfo(formatReport(group_.reportStatus()));
        }
        const int64_t begin_ns = clock_.monotonicNs();
        const bool clean = group_.stop()
                               .exclusiveJoin(after(setup_.stop_timeout_ns).then([this]() {
                                   base::logError(cat("the stop took too long, killing the rest: ",
                                                      group_.describeStop()));
                                   return false;
                               }))
                               .wait(io_.waitScope);
        if (clean && clock_.monotonicNs() - begin_ns > kSlowStopNs) {
            base::logInfo(cat("the stop took long: ", group_.describeStop()));
        }
        if (clean && event.kind == Event::Kind::Signal) {
            base::logInfo("stopped");
            return end(kExitClean);
        }
        base::logError("the stop was not clean");
        return end(kExitFailed);
    }

    // Nobody of the group outlives us, and nobody is left for init to reap.
    int end(int status) {
        group_.killAll();
        group_.whenAllGone().exclusiveJoin(after(kReapTimeoutNs)).wait(io_.waitScope);
        return status;
    }

    kj::Promise<void> after(int64_t delay_ns) {
        return io_.provider->getTimer().afterDelay(delay_ns * kj::NANOSECONDS);
    }

    void taskFailed(kj::Exception&& exception) override {
        base::logError(cat("the supervisor: ", ipc::toError(exception).text, ", going on"));
    }

    SupervisorSetup setup_;
    base::SystemClock clock_;
    kj::AsyncIoContext io_;
    NotifyFdKeeper keeper_;
    config::Settings settings_;
    Group group_;
    kj::Own<kj::UnixEventPort::FdObserver> watch_events_;
    kj::TaskSet tasks_;
};

}  // namespace

int64_t stopTimeoutNs(const char* milliseconds) {
    if (milliseconds == nullptr) {
        return kStopTimeoutNs;
    }
    const auto number = base::parseU64(milliseconds);
    return number.ok() && number.value() > 0 && number.value() <= kStopTimeoutMsMax
               ? static_cast<int64_t>(number.value()) * base::kNsPerMs
               : kStopTimeoutNs;
}

int runSupervisor(SupervisorSetup setup) {
    base::endWhenOutOfMemory();
    const ipc::ExhaustionWatch watch;
    for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR2}) {
        kj::UnixEventPort::captureSignal(signal);
    }
    kj::UnixEventPort::captureChildExit();
    try {
        Supervisor supervisor(std::move(setup));
        return supervisor.run();
    } catch (const kj::Exception& exception) {
        base::logError(ipc::toError(exception).text);
        return kExitFailed;
    }
}

}  // namespace evd::supervisor
