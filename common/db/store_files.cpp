#include "common/db/store_files.h"

#include "common/base/text.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <memory>

namespace evd::db {

namespace {

constexpr std::string_view kPrefix = "shard-";
constexpr std::string_view kSuffix = ".db";
constexpr std::string_view kQuarantineMark = ".corrupt-";
constexpr size_t kDigits = 4;

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

base::Error readFailed(std::string_view what, const std::string& path, int error_number) {
    base::Error error = base::failErrno(base::cat(what, path), error_number);
    if (error_number == ENOENT) {
        error.kind = base::ErrorKind::NotFound;
    } else if (error_number == EACCES) {
        error.kind = base::ErrorKind::Denied;
    }
    return error;
}

// False for what is gone again.
base::Result<bool> isRegularFile(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) {
        return S_ISREG(status.st_mode);
    }
    return errno == ENOENT ? base::Result<bool>(false) : readFailed("look at ", path, errno);
}

}  // namespace

std::string shardFileName(uint16_t shard) {
    const std::string number = base::cat(shard);
    const size_t zeros = number.size() < kDigits ? kDigits - number.size() : 0;
    return base::cat(kPrefix, std::string(zeros, '0'), number, kSuffix);
}

std::optional<uint16_t> shardOfFileName(std::string_view name) {
    if (name.size() != kPrefix.size() + kDigits + kSuffix.size() || !name.starts_with(kPrefix) ||
        !name.ends_with(kSuffix)) {
        return std::nullopt;
    }
    const auto number = base::parseU64(name.substr(kPrefix.size(), kDigits));
    return number ? std::optional(static_cast<uint16_t>(number.value())) : std::nullopt;
}

namespace {

// The regular files of a directory whose name is wanted, in name order.
template <typename IsWanted>
base::Result<std::vector<StoreFile>> listFiles(const std::string& directory, IsWanted is_wanted) {
    const std::unique_ptr<DIR, CloseDirectory> listing(::opendir(directory.c_str()));
    if (listing == nullptr) {
        return readFailed("read directory ", directory, errno);
    }
    std::vector<StoreFile> files;
    // Only errno tells a broken disk from the end.
    const auto next = [&listing]() {
        errno = 0;
        return ::readdir(listing.get());
    };
    while (const dirent* entry = next()) {
        const std::string name = static_cast<const char*>(entry->d_name);
        const std::string path = base::cat(directory, "/", name);
        if (!is_wanted(name)) {
            continue;
        }
        const auto is_regular = isRegularFile(path);
        if (!is_regular) {
            return is_regular.error();
        }
        if (!is_regular.value()) {
            continue;
        }
        if (files.size() == kStoreFilesMax) {
            return base::fail(base::ErrorKind::Invalid, base::cat(directory, " holds more than ",
                                                                  kStoreFilesMax, " databases"));
        }
        files.push_back({path, name, shardOfFileName(name)});
    }
    if (errno != 0) {
        return readFailed("read directory ", directory, errno);
    }
    std::sort(files.begin(), files.end(),
              [](const StoreFile& left, const StoreFile& right) { return left.name < right.name; });
    return files;
}

}  // namespace

base::Result<std::vector<StoreFile>> discoverEventStores(const std::string& directory) {
    return listFiles(directory, [](const std::string& name) {
        return name.ends_with(kSuffix) && name != kMetaFileName;
    });
}

bool fileExists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

std::string folderOf(const std::string& path) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) {
        return ".";
    }
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string singleStorePath(const std::string& setting, std::string_view file_name) {
    struct stat status {};
    const bool is_directory = setting.ends_with('/') ||
                              (::stat(setting.c_str(), &status) == 0 && S_ISDIR(status.st_mode));
    if (!is_directory) {
        return setting;
    }
    return base::cat(setting, setting.ends_with('/') ? "" : "/", file_name);
}

std::string quarantinePrefix(std::string_view path) {
    path.remove_suffix(path.ends_with(kSuffix) ? kSuffix.size() : 0);
    return base::cat(path, kQuarantineMark);
}

bool isQuarantined(std::string_view name) {
    return name.find(kQuarantineMark) != std::string_view::npos;
}

base::Result<std::vector<StoreFile>> discoverSingleStore(const std::string& path) {
    const std::string name = path.substr(path.rfind('/') + 1);
    const std::string aside = quarantinePrefix(name);
    auto files = listFiles(folderOf(path), [&](const std::string& found) {
        return found == name || (found.starts_with(aside) && found.ends_with(kSuffix));
    });
    if (!files && files.error().kind == base::ErrorKind::NotFound) {
        return std::vector<StoreFile>();
    }
    return files;
}

}  // namespace evd::db
