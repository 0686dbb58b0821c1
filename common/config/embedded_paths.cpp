#include "common/config/embedded_paths.h"

#include "common/base/text.h"

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

namespace evd::config {

namespace {

constexpr auto kPaths = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"EventStorePath", "events/"},
    {"LogStorePath", "logs.db"},
    {"MetricStorePath", "metrics.db"},
    {"QuerySocketPath", "run/query.sock"},
    {"RpcSocketPath", "run/rpc.sock"},
    {"LogSocketPath", "run/log.sock"},
    {"MetricSocketPath", "run/metric.sock"},
    {"Linux\\KmesSocketPath", "run/kmes.sock"},
});

}  // namespace

base::Result<Settings> embeddedPaths(const std::string& state_folder) {
    std::error_code error;
    const auto folder = std::filesystem::absolute(state_folder, error).lexically_normal();
    if (state_folder.empty() || error) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("not a usable state folder: ", state_folder));
    }
    Settings settings;
    for (const auto& [name, below] : kPaths) {
        std::string path = (folder / below).string();
        if (path.size() > findSettingSpec(name)->max) {
            return base::fail(base::ErrorKind::Invalid,
                              base::cat("the state folder's name is too long for ", path));
        }
        settings.set(name, std::move(path));
    }
    return settings;
}

}  // namespace evd::config
