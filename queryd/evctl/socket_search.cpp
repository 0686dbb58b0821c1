#include "queryd/evctl/socket_search.h"

#include "common/base/text.h"
#include "common/config/configuration.h"
#include "common/config/open_registry.h"

namespace evd::evctl {

namespace {

using config::SocketPaths;

// What a state folder and registry files say; nothing when they name no query socket.
std::optional<SocketPaths> configured(const std::string& state,
                                      const std::vector<std::string>& registry_paths) {
    const auto registry = config::openForReading(registry_paths);
    config::LoadOptions options;
    options.registry = registry.get();
    options.state_folder = state;
    const auto configuration = config::loadConfiguration(options);
    if (configuration.settings.text("QuerySocketPath").empty()) {
        return std::nullopt;
    }
    return config::socketPaths(configuration.settings);
}

base::Result<SocketPaths> find(const Arguments& arguments, const Environment& environment) {
    if (!arguments.socket.empty()) {
        return config::socketPathsBeside(arguments.socket);
    }
    if (!arguments.state.empty() || !arguments.registry.empty()) {
        if (const auto paths = configured(arguments.state, arguments.registry)) {
            return *paths;
        }
        return base::fail(base::ErrorKind::Invalid,
                          "--registry and --state name no usable QuerySocketPath");
    }
    if (const auto socket = environment("EVENTD_SOCKET")) {
        return config::socketPathsBeside(*socket);
    }
    if (const auto state = environment("EVENTD_STATE")) {
        if (const auto paths = configured(*state, {})) {
            return *paths;
        }
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("$EVENTD_STATE names no usable folder: ", *state));
    }
    return configured("", {}).value_or(
        config::socketPathsBeside(std::string(kFallbackQuerySocket)));
}

}  // namespace

base::Result<SocketPaths> findSockets(const Arguments& arguments, const Environment& environment) {
    auto paths = find(arguments, environment);
    if (paths.ok() && !arguments.rpc.empty()) {
        paths.value().rpc = arguments.rpc;
    }
    return paths;
}

}  // namespace evd::evctl
