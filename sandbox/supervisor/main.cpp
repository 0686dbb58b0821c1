#include "common/base/log.h"
#include "common/base/text.h"
#include "common/config/configuration.h"
#include "common/config/lcs_calls.h"
#include "sandbox/supervisor/folders.h"
#include "sandbox/supervisor/group_lock.h"
#include "sandbox/supervisor/group_setup_service.h"
#include "sandbox/supervisor/inherited_fds.h"
#include "sandbox/supervisor/options.h"
#include "sandbox/supervisor/start_registry.h"
#include "sandbox/supervisor/supervisor_service.h"

#include <sys/resource.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace {

namespace base = evd::base;
namespace config = evd::config;
namespace supervisor = evd::supervisor;

constexpr int kExitClean = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

int failed(const base::Error& error) {
    base::logError(error.text);
    return kExitFailed;
}

// Every ring, socket and edge of the group passes through our hands.
void raiseFdLimit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)::setrlimit(RLIMIT_NOFILE, &limit);  // What we have must do then.
    }
}

int run(const supervisor::Options& options, config::Registry& registry,
        std::optional<supervisor::RegistryWatch> watch, const config::Configuration& loaded,
        std::vector<supervisor::NamedFd> inherited) {
    const config::Settings& settings = loaded.settings;
    const auto folders = supervisor::makeFolders(supervisor::foldersOf(settings));
    if (!folders.ok()) {
        return failed(folders.error());
    }
    const auto lock = supervisor::GroupLock::acquire(settings.text("EventStorePath"), ::getpid());
    if (!lock.ok()) {
        return failed(lock.error());
    }
    auto group = supervisor::prepareGroup(settings, options.state_folder);
    if (!group.ok()) {
        return failed(group.error());
    }
    auto notify = supervisor::Notify::open(std::getenv("NOTIFY_SOCKET"));
    if (!notify.ok()) {
        return failed(notify.error());
    }
    raiseFdLimit();
    supervisor::SupervisorSetup setup;
    setup.group = std::move(group).value();
    setup.group.inherited = std::move(inherited);
    setup.registry = &registry;
    setup.watch = std::move(watch);
    setup.state_folder = options.state_folder;
    setup.problems = loaded.problems;
    setup.notify = std::move(notify).value();
    setup.watchdog_interval_ns = supervisor::watchdogIntervalNs(
        std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID"), ::getpid());
    setup.stop_timeout_ns = supervisor::stopTimeoutNs(std::getenv("EVENTD_STOP_TIMEOUT_MS"));
    return supervisor::runSupervisor(std::move(setup));
}

}  // namespace

int main(int argument_count, char** arguments) {
    base::setLogName("eventd");
    const auto options = supervisor::parseOptions(
        {arguments + (argument_count > 0 ? 1 : 0), arguments + argument_count});
    if (!options.ok()) {
        base::logError(base::cat(options.error().text, " (see eventd --help)"));
        return kExitUsage;
    }
    if (options.value().help || options.value().version) {
        const std::string text =
            options.value().help ? supervisor::helpText() : "eventd " EVD_VERSION "\n";
        (void)std::fwrite(text.data(), 1, text.size(), stdout);
        return kExitClean;
    }
    auto inherited = supervisor::takeInheritedFds();
    if (!inherited.ok()) {
        return failed(inherited.error());
    }
    const auto registry = supervisor::registryForStart(config::kernelLcs(), options.value());
    if (!registry.ok()) {
        base::logError(registry.error().text);
        return kExitUsage;
    }
    auto watch = supervisor::watchFilesOf(*registry.value());
    const auto loaded =
        config::loadConfiguration({registry.value().get(), options.value().state_folder, nullptr});
    for (const auto& problem : loaded.problems) {
        base::logError(config::formatProblem(problem));
    }
    if (options.value().check) {
        const auto good = supervisor::checkConfiguration(loaded);
        return good.ok() ? kExitClean : failed(good.error());
    }
    if (!loaded.usable()) {
        base::logError("the configuration does not allow a start");
        return kExitFailed;
    }
    return run(options.value(), *registry.value(), std::move(watch), loaded,
               std::move(inherited).value());
}
