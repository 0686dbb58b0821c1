#include "sandbox/supervisor/registry_watch.h"

#include "common/base/log.h"
#include "common/base/text.h"

#include <sys/inotify.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace evd::supervisor {

namespace {

namespace fs = std::filesystem;

constexpr uint32_t kChanges =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB | IN_ONLYDIR;
constexpr size_t kBufferBytes = 16 * 1024;

struct Target {
    std::string folder;
    std::string name;  // "" for any .reg file
};

Target targetOf(const std::string& path) {
    std::error_code error;
    fs::path absolute = fs::absolute(path, error).lexically_normal();
    if (!absolute.has_filename()) {
        absolute = absolute.parent_path();
    }
    if (fs::is_directory(absolute, error)) {
        return {absolute.string(), ""};
    }
    fs::path folder = absolute.parent_path();
    std::string name = absolute.filename().string();
    while (!fs::is_directory(folder, error) && folder != folder.parent_path()) {
        name = folder.filename().string();
        folder = folder.parent_path();
    }
    return {folder.string(), name};
}

}  // namespace

RegistryWatch::RegistryWatch(base::Fd inotify, std::vector<std::string> paths)
    : inotify_(std::move(inotify)), paths_(std::move(paths)) {
    arm();
}

base::Result<RegistryWatch> RegistryWatch::open(std::vector<std::string> paths) {
    base::Fd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify.valid()) {
        return base::failErrno("cannot watch the registry files", errno);
    }
    return RegistryWatch(std::move(inotify), std::move(paths));
}

// Arming again is harmless: the kernel answers the watch that is there. A folder that cannot be
// watched is one whose changes need a SIGHUP.
void RegistryWatch::arm() {
    names_.clear();
    for (const auto& path : paths_) {
        const Target target = targetOf(path);
        const int watch = ::inotify_add_watch(inotify_.get(), target.folder.c_str(), kChanges);
        if (watch >= 0) {
            names_[watch].push_back(target.name);
        }
    }
}

bool RegistryWatch::matches(int watch, const std::string& name) const {
    const auto found = names_.find(watch);
    return found != names_.end() &&
           std::any_of(found->second.begin(), found->second.end(), [&](const std::string& wanted) {
               return wanted.empty() ? name.ends_with(".reg") : wanted == name;
           });
}

bool RegistryWatch::drain() {
    alignas(inotify_event) char buffer[kBufferBytes];
    bool ours = false;
    ssize_t bytes = 0;
    while ((bytes = ::read(inotify_.get(), buffer, sizeof(buffer))) > 0) {
        for (ssize_t offset = 0; offset < bytes;) {
            inotify_event event;
            std::memcpy(&event, buffer + offset, sizeof(event));
            const char* name = buffer + offset + sizeof(event);
            ours = ours || (event.mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0 ||
                   (event.len > 0 && matches(event.wd, name));
            offset += static_cast<ssize_t>(sizeof(event) + event.len);
        }
    }
    if (ours) {
        arm();
    }
    return ours;
}

std::optional<RegistryWatch> watchFilesOf(const config::Registry& registry) {
    if (registry.changeFd() >= 0) {
        return std::nullopt;
    }
    auto watch = RegistryWatch::open(registry.watchPaths());
    if (!watch.ok()) {
        base::logWarning(base::cat(watch.error().text, ", changes need a SIGHUP"));
        return std::nullopt;
    }
    return std::move(watch).value();
}

}  // namespace evd::supervisor
