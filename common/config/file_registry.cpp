#include "common/config/file_registry.h"

#include "common/base/text.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace evd::config {

namespace {

namespace fs = std::filesystem;

base::Result<std::string> readWhole(const std::string& path) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) {
        return base::fail(base::ErrorKind::Invalid, "not a regular file");
    }
    std::ifstream stream(path, std::ios::binary);
    std::string text(kRegistryFileBytesMax + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad() || (!stream.eof() && stream.fail())) {
        return base::fail(base::ErrorKind::Io, "cannot be read");
    }
    text.resize(static_cast<size_t>(stream.gcount()));
    return text;
}

void reportMissing(RegistrySnapshot& snapshot, const std::string& source, std::string reason) {
    snapshot.problems.push_back({source, "", "", std::move(reason), false});
    snapshot.is_complete = false;
}

std::vector<std::string> regFilesIn(const std::string& folder, std::error_code& error) {
    std::vector<std::string> files;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == ".reg") {
            files.push_back(entry->path().string());
        }
    }
    return files;
}

}  // namespace

FileRegistry::FileRegistry(std::vector<std::string> paths) : paths_(std::move(paths)) {
    if (paths_.empty()) {
        is_default_ = true;
        paths_.emplace_back(kDefaultRegistryPath);
    }
}

std::vector<std::string> FileRegistry::filesOf(const std::string& folder,
                                               RegistrySnapshot& snapshot) const {
    std::error_code error;
    auto files = regFilesIn(folder, error);
    if (error) {
        reportMissing(snapshot, folder, base::cat("cannot be listed: ", error.message()));
        addKnownOf(folder, files);
    }
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    return files;
}

// Files that were read before, where nothing says that they are gone.
void FileRegistry::addKnownOf(const std::string& folder, std::vector<std::string>& files) const {
    for (const auto& [path, file] : last_good_) {
        if (fs::path(folder) / fs::path(path).filename() == path) {
            files.push_back(path);
        }
    }
}

std::vector<std::string> FileRegistry::listFiles(RegistrySnapshot& snapshot) const {
    std::vector<std::string> files;
    for (const auto& path : paths_) {
        std::error_code error;
        const auto status = fs::status(path, error);
        if (status.type() == fs::file_type::not_found && is_default_) {
            continue;
        }
        if (fs::is_directory(status)) {
            auto found = filesOf(path, snapshot);
            std::move(found.begin(), found.end(), std::back_inserter(files));
        } else if (status.type() == fs::file_type::not_found) {
            reportMissing(snapshot, path, "there is no such registry file or folder");
        } else if (!fs::status_known(status)) {  // A file or a folder: what it was, it still is.
            addKnownOf(path, files);
            files.push_back(path);
        } else {
            files.push_back(path);
        }
    }
    if (files.size() > kRegistryFilesMax) {
        reportMissing(snapshot, paths_.front(),
                      base::cat("at most ", kRegistryFilesMax, " registry files are read"));
    }
    return files;
}

void FileRegistry::readFile(const std::string& path, RegistrySnapshot& snapshot) {
    const auto text = readWhole(path);
    if (text.ok()) {
        if (auto file = parseRegistryFile(text.value(), path, snapshot.problems)) {
            last_good_.insert_or_assign(path, *std::move(file));
        }
    } else {
        snapshot.problems.push_back({path, "", "", text.error().text, false});
    }
    layLastGood(path, snapshot);
}

void FileRegistry::layLastGood(const std::string& path, RegistrySnapshot& snapshot) const {
    const auto found = last_good_.find(path);
    if (found == last_good_.end()) {
        snapshot.is_complete = false;
        return;
    }
    const auto& problems = found->second.problems;
    snapshot.problems.insert(snapshot.problems.end(), problems.begin(), problems.end());
    for (const auto& value : found->second.values) {
        snapshot.values.insert_or_assign(foldRegistryName(value.name), value);
    }
}

RegistrySnapshot FileRegistry::read() {
    RegistrySnapshot snapshot;
    const auto files = listFiles(snapshot);
    std::erase_if(last_good_, [&](const auto& entry) {
        return std::find(files.begin(), files.end(), entry.first) == files.end();
    });
    for (size_t i = 0; i < files.size(); ++i) {
        if (i < kRegistryFilesMax) {
            readFile(files[i], snapshot);
        } else {
            layLastGood(files[i], snapshot);
        }
    }
    return snapshot;
}

std::vector<std::string> FileRegistry::watchPaths() const {
    return paths_;
}

}  // namespace evd::config
