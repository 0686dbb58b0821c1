#include "sandbox/supervisor/folders.h"

#include "common/base/text.h"
#include "common/config/socket_paths.h"

#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace evd::supervisor {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kStoreMode = 0750;
constexpr mode_t kSocketMode = 0755;  // anyone may knock (contracts §5)
constexpr mode_t kParentMode = 0755;

std::string parentOf(const std::string& path) {
    return fs::path(path).parent_path().string();
}

base::Result<void> makeFolder(const std::string& path, mode_t mode) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
        return {};
    }
    const std::string parent = parentOf(path);
    if (!parent.empty() && parent != path) {
        EVD_TRY(makeFolder(parent, kParentMode));
    }
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
        return base::failErrno(base::cat("cannot make the folder ", path), errno);
    }
    return {};
}

}  // namespace

std::string storeFolder(const std::string& path) {
    std::error_code ignored;
    // "/x/logs/" has the parent "/x/logs".
    return fs::is_directory(path, ignored) && !path.ends_with('/') ? path : parentOf(path);
}

std::vector<std::string> storeFolders(const config::Settings& settings) {
    std::string events = settings.text("EventStorePath");
    while (events.size() > 1 && events.ends_with('/')) {
        events.pop_back();
    }
    std::vector<std::string> folders = {events};
    for (const char* name : {"LogStorePath", "MetricStorePath"}) {
        const std::string folder = storeFolder(settings.text(name));
        if (std::find(folders.begin(), folders.end(), folder) == folders.end()) {
            folders.push_back(folder);
        }
    }
    return folders;
}

std::vector<FolderSpec> foldersOf(const config::Settings& settings) {
    std::vector<FolderSpec> folders;
    for (std::string& path : storeFolders(settings)) {
        folders.push_back({std::move(path), kStoreMode});
    }
    const auto sockets = config::socketPaths(settings);
    for (const std::string& path :
         {sockets.query, sockets.rpc, sockets.log, sockets.metric, sockets.kmes}) {
        folders.push_back({parentOf(path), kSocketMode});
    }
    for (const std::string& path : {sockets.syslog, sockets.statsd}) {
        if (!path.empty()) {
            folders.push_back({parentOf(path), kSocketMode});
        }
    }
    return folders;
}

base::Result<void> makeFolders(const std::vector<FolderSpec>& folders) {
    for (const auto& folder : folders) {
        EVD_TRY(makeFolder(folder.path, folder.mode));
    }
    return {};
}

}  // namespace evd::supervisor
