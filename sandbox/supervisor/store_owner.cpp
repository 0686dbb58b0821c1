#include "sandbox/supervisor/store_owner.h"

#include "common/base/fd.h"
#include "common/base/text.h"
#include "sandbox/supervisor/group_lock.h"
#include "sandbox/supervisor/sensor_sources.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>

namespace evd::supervisor {

namespace {

using base::cat;

constexpr mode_t kFolderModeAtLeast = 0750;  // the group is queryd's way in
constexpr mode_t kFileMode = 0640;
constexpr std::string_view kDatabase = ".db";  // and -wal, -shm, -journal behind it

// A descriptor of the thing itself, whatever its mode and never what a link points to.
struct Entry {
    base::Fd fd;
    struct stat status {};
};

base::Result<Entry> look(int folder, const std::string& name, int flags) {
    Entry entry;
    entry.fd = base::Fd(::openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC | flags));
    if (!entry.fd.valid() || ::fstat(entry.fd.get(), &entry.status) != 0) {
        return base::failErrno(cat("cannot look at ", name), errno);
    }
    return entry;
}

base::Result<void> give(const Entry& entry, const std::string& name, uid_t uid, gid_t gid,
                        mode_t mode) {
    const auto& status = entry.status;
    if (status.st_uid == uid && status.st_gid == gid && (status.st_mode & 0777) == mode) {
        return {};  // Who owns nothing here, as under a service manager, need not be able to.
    }
    if (::fchownat(entry.fd.get(), "", uid, gid, AT_EMPTY_PATH) != 0) {
        return base::failErrno(cat("cannot give away ", name), errno);
    }
    // fchmod refuses descriptors of this kind; through /proc the kernel still means this very file.
    const std::string link = cat("/proc/self/fd/", entry.fd.get());
    if (::chmod(link.c_str(), mode) != 0) {
        return base::failErrno(cat("cannot set the mode of ", name), errno);
    }
    return {};
}

base::Result<std::vector<std::string>> listFolder(const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
    if (!folder) {
        return base::failErrno(cat("cannot list ", path), errno);
    }
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(folder.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") {
            names.emplace_back(name);
        }
    }
    return names;
}

bool isDatabase(std::string_view name) {
    return name.find(kDatabase) != std::string_view::npos;
}

bool isBelow(const std::string& path, const std::string& state_folder) {
    if (state_folder.empty()) {
        return false;
    }
    std::error_code ignored;
    std::string top = std::filesystem::absolute(state_folder, ignored).lexically_normal().string();
    while (top.size() > 1 && top.ends_with('/')) {
        top.pop_back();
    }
    return path == top || path.starts_with(top + "/");
}

base::Result<void> requireNothingElse(const std::string& folder,
                                      const std::vector<std::string>& names,
                                      const std::vector<std::string>& all_folders) {
    for (const auto& name : names) {
        const bool is_store = std::find(all_folders.begin(), all_folders.end(),
                                        cat(folder, "/", name)) != all_folders.end();
        if (!isDatabase(name) && !is_store && name != kGroupLockFile &&
            name != kKernelLogPositionFile) {
            return base::fail(
                base::ErrorKind::Denied,
                cat(folder, " holds more than a store (", name,
                    ") and belongs to another: give it to the store's user, or the store a "
                    "folder of its own"));
        }
    }
    return {};
}

base::Result<void> giveDatabases(const Entry& folder, const std::vector<std::string>& names,
                                 uid_t uid, gid_t gid) {
    for (const auto& name : names) {
        const auto file = look(folder.fd.get(), name, 0);
        if (!file.ok() || !isDatabase(name)) {
            continue;
        }
        const auto& status = file.value().status;
        const bool takes = status.st_uid == 0 || status.st_uid == folder.status.st_uid;
        const bool is_given = status.st_uid == uid && status.st_gid == gid;
        if (S_ISREG(status.st_mode) && status.st_nlink == 1 && takes && !is_given) {
            EVD_TRY(give(file.value(), name, uid, gid, kFileMode));
        }
    }
    return {};
}

}  // namespace

base::Result<void> handOverStores(const std::vector<std::string>& folders, uid_t uid, gid_t gid,
                                  const std::string& state_folder) {
    for (const auto& path : folders) {
        const auto folder = look(AT_FDCWD, path, O_DIRECTORY);
        const auto names = listFolder(path);
        if (!folder.ok() || !names.ok()) {
            return folder.ok() ? names.error() : folder.error();
        }
        const auto& status = folder.value().status;
        if (status.st_uid != uid && !isBelow(path, state_folder)) {
            EVD_TRY(requireNothingElse(path, names.value(), folders));
        }
        EVD_TRY(give(folder.value(), path, uid, gid, (status.st_mode & 0777) | kFolderModeAtLeast));
        EVD_TRY(giveDatabases(folder.value(), names.value(), uid, gid));
    }
    return {};
}

}  // namespace evd::supervisor
