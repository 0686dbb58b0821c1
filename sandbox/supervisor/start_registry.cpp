#include "sandbox/supervisor/start_registry.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/config/configuration.h"
#include "common/config/file_registry.h"
#include "common/config/lcs_registry.h"

#include <unistd.h>
#include <string>
#include <vector>

namespace evd::supervisor {

namespace {

void createDefaults(const config::LcsCalls& calls, config::Registry& registry,
                    const std::string& state_folder) {
    const auto present = config::loadConfiguration({&registry, state_folder, nullptr});
    const std::string events = present.settings.text("EventStorePath");
    const bool is_first_start = ::access(events.c_str(), F_OK) != 0;
    std::vector<std::string> created;
    for (const auto& problem : config::createLcsDefaults(calls, is_first_start, created)) {
        base::logError(config::formatProblem(problem));
    }
    for (const auto& name : created) {
        base::logInfo(base::cat("created the default descriptor ", name));
    }
}

}  // namespace

base::Result<std::unique_ptr<config::Registry>> registryForStart(const config::LcsCalls& calls,
                                                                 const Options& options) {
    using Opened = std::unique_ptr<config::Registry>;
    if (!config::hasLcs(calls)) {
        return Opened(std::make_unique<config::FileRegistry>(options.registry_paths));
    }
    if (!options.registry_paths.empty()) {
        return base::fail(base::ErrorKind::Invalid,
                          "--registry is for kernels that have no registry of their own");
    }
    Opened registry = std::make_unique<config::LcsRegistry>(calls);
    if (!options.check) {
        createDefaults(calls, *registry, options.state_folder);
    }
    return registry;
}

}  // namespace evd::supervisor
