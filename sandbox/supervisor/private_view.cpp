#include "sandbox/supervisor/private_view.h"

#include "common/config/socket_paths.h"
#include "sandbox/supervisor/folders.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

namespace evd::supervisor {

namespace {

constexpr size_t kStepsMax = 32;
constexpr unsigned long kNothingSpecial = MS_NOSUID | MS_NODEV | MS_NOEXEC;
// Where programs keep their sockets. Libraries are not there, and the programs of the group are
// executed by descriptor if they are.
constexpr auto kHidden = std::to_array<const char*>(
    {"/run", "/tmp", "/var", "/home", "/root", "/srv", "/mnt", "/media"});

bool madeOrThere(int result) {
    return result == 0 || errno == EEXIST || errno == EROFS;
}

bool makeParents(const char* path) {
    char parent[PATH_MAX];
    for (const char* slash = std::strchr(path + 1, '/'); slash != nullptr;
         slash = std::strchr(slash + 1, '/')) {
        const auto bytes = static_cast<size_t>(slash - path);
        if (bytes >= sizeof(parent)) {
            return false;
        }
        std::memcpy(parent, path, bytes);
        parent[bytes] = '\0';
        if (!madeOrThere(::mkdir(parent, 0755))) {
            return false;
        }
    }
    return true;
}

// Something of the same kind to mount upon.
bool makePlace(const char* path, bool is_folder) {
    if (!makeParents(path)) {
        return false;
    }
    if (is_folder) {
        return madeOrThere(::mkdir(path, 0755));
    }
    const int fd = ::open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool made = madeOrThere(fd < 0 ? -1 : 0);
    (void)::close(fd);
    return made;
}

bool hide(const char* path) {
    struct stat found {};
    if (::lstat(path, &found) != 0 || !S_ISDIR(found.st_mode)) {
        return true;
    }
    return ::mount("tmpfs", path, "tmpfs", kNothingSpecial, "size=64k,mode=0755") == 0;
}

bool show(const char* path, int original) {
    struct stat found {};
    char link[64];
    (void)std::snprintf(link, sizeof(link), "/proc/self/fd/%d", original);
    return ::fstat(original, &found) == 0 && makePlace(path, S_ISDIR(found.st_mode)) &&
           ::mount(link, path, nullptr, MS_BIND | MS_REC, nullptr) == 0;
}

}  // namespace

std::vector<ViewStep> storeView(const config::Settings& settings) {
    std::vector<ViewStep> steps;
    for (const char* folder : kHidden) {
        steps.push_back({ViewStep::Kind::Hide, folder});
    }
    for (auto& folder : storeFolders(settings)) {
        steps.push_back({ViewStep::Kind::Show, std::move(folder)});
    }
    const std::string notices = config::socketPaths(settings).notices;
    steps.push_back({ViewStep::Kind::Hide, notices.substr(0, notices.rfind('/'))});
    steps.push_back({ViewStep::Kind::Show, notices});
    return steps;
}

bool takeView(const std::vector<ViewStep>& steps) {
    if (steps.size() > kStepsMax) {
        return false;
    }
    // Looked up before anything is hidden.
    std::array<int, kStepsMax> originals{};
    for (size_t i = 0; i < steps.size(); ++i) {
        originals[i] = steps[i].kind == ViewStep::Kind::Show
                           ? ::open(steps[i].path.c_str(), O_PATH | O_CLOEXEC)
                           : -1;
    }
    bool taken = true;
    for (size_t i = 0; taken && i < steps.size(); ++i) {
        const char* path = steps[i].path.c_str();
        taken = steps[i].kind == ViewStep::Kind::Hide ? hide(path) : show(path, originals[i]);
    }
    for (size_t i = 0; i < steps.size(); ++i) {
        if (originals[i] >= 0) {
            (void)::close(originals[i]);
        }
    }
    return taken;
}

}  // namespace evd::supervisor
