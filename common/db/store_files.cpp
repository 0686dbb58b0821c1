#include "common/db/store_files.h"

#include "common/base/text.h"

#include <dirent.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <functional>
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

bool isRegularFile(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

base::Error openFailed(const std::string& directory, int error_number) {
    base::Error error = base::failErrno(base::cat("read directory ", directory), error_number);
    if (error_number == ENOENT) {
        error.kind = base::ErrorKind::NotFound;
    } else if (error_number == EACCES) {
        error.kind = base::ErrorKind::Denied;
    }
    return error;
}

// The regular files of the directory that `belongs` names, in name order.
base::Result<std::vector<StoreFile>> listStores(
    const std::string& directory, const std::function<bool(std::string_view)>& belongs) {
    const std::unique_ptr<DIR, CloseDirectory> listing(::opendir(directory.c_str()));
    if (listing == nullptr) {
        return openFailed(directory, errno);
    }
    std::vector<StoreFile> files;
    while (const dirent* entry = ::readdir(listing.get())) {
        const std::string name = static_cast<const char*>(entry->d_name);
        const std::string path = base::cat(directory, "/", name);
        if (!belongs(name) || !isRegularFile(path)) {
            continue;
        }
        if (files.size() == kStoreFilesMax) {
            return base::fail(base::ErrorKind::Invalid, base::cat(directory, " holds more than ",
                                                                  kStoreFilesMax, " databases"));
        }
        files.push_back({path, name, shardOfFileName(name)});
    }
    std::sort(files.begin(), files.end(),
              [](const StoreFile& left, const StoreFile& right) { return left.name < right.name; });
    return files;
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

base::Result<std::vector<StoreFile>> discoverEventStores(const std::string& directory) {
    return listStores(directory, [](std::string_view name) {
        return name.ends_with(kSuffix) && name != kMetaFileName;
    });
}

std::string singleStorePath(const std::string& setting, std::string_view default_name) {
    struct stat status {};
    const bool is_folder = setting.ends_with('/') ||
                           (::stat(setting.c_str(), &status) == 0 && S_ISDIR(status.st_mode));
    return is_folder ? base::cat(setting, setting.ends_with('/') ? "" : "/", default_name)
                     : setting;
}

base::Result<std::vector<StoreFile>> discoverSingleStore(const std::string& path) {
    const size_t slash = path.rfind('/');
    const std::string file = slash == std::string::npos ? path : path.substr(slash + 1);
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash);
    const std::string stem =
        file.ends_with(kSuffix) ? file.substr(0, file.size() - kSuffix.size()) : file;
    const std::string quarantined = base::cat(stem, kQuarantineMark);
    return listStores(directory.empty() ? "/" : directory, [&](std::string_view name) {
        return name == file || (name.starts_with(quarantined) && name.ends_with(kSuffix));
    });
}

}  // namespace evd::db
