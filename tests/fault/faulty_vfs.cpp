// The judgement and the shadows; the functions that SQLite calls are in faulty_file.cpp.

#include "tests/fault/faulty_vfs.h"

#include "common/base/check.h"
#include "tests/fault/faulty_file.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

namespace evd::test {

namespace {

constexpr uint64_t kSectorBytes = 512;

std::vector<uint8_t> contentOf(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void copySector(const std::vector<uint8_t>& from, std::vector<uint8_t>& to, uint64_t sector) {
    const uint64_t begin = sector * kSectorBytes;
    for (uint64_t at = begin; at < begin + kSectorBytes && at < to.size(); ++at) {
        to[at] = at < from.size() ? from[at] : 0;
    }
}

bool matches(FaultKind kind, FaultyVfs::Operation operation) {
    using Operation = FaultyVfs::Operation;
    switch (kind) {
        case FaultKind::ReadError:
            return operation == Operation::Read;
        case FaultKind::WriteError:
        case FaultKind::TornWrite:
        case FaultKind::DiskFull:
        case FaultKind::TornDeath:
            return operation == Operation::Write;
        case FaultKind::SyncError:
        case FaultKind::LostSync:
            return operation == Operation::Sync;
        case FaultKind::TruncateError:
            return operation == Operation::Truncate;
        case FaultKind::OpenError:
            return operation == Operation::Open;
        case FaultKind::SharedError:
            return operation == Operation::Shared;
        case FaultKind::FolderError:
            return operation == Operation::Folder || operation == Operation::Delete;
        case FaultKind::Death:
        case FaultKind::PowerCut:
            return operation != Operation::Read;
    }
    return false;
}

}  // namespace

const char* faultName(FaultKind kind) {
    constexpr const char* kNames[kFaultKinds] = {
        "read error", "write error",    "torn write", "disk full",    "sync error",
        "lost sync",  "truncate error", "open error", "shared error", "folder error",
        "death",      "torn death",     "power cut"};
    return kNames[static_cast<size_t>(kind)];
}

FaultyVfs& FaultyVfs::instance() {
    // Never destroyed: SQLite holds it to the end of the process.
    static FaultyVfs* const vfs = [] {
        auto made = std::make_unique<FaultyVfs>();
        installFaultyFiles(*made->real());
        return made.release();
    }();
    return *vfs;
}

void FaultyVfs::arm(FaultPlan plan) {
    const std::lock_guard lock(mutex_);
    armed_.assign(1, Armed{plan, 0});
    injected_ = 0;
}

void FaultyVfs::armAlso(FaultPlan plan) {
    const std::lock_guard lock(mutex_);
    armed_.push_back({plan, 0});
}

void FaultyVfs::disarm() {
    const std::lock_guard lock(mutex_);
    armed_.clear();
    dark_ = false;
}

uint64_t FaultyVfs::candidates() const {
    const std::lock_guard lock(mutex_);
    return armed_.empty() ? 0 : armed_.front().candidates;
}

uint64_t FaultyVfs::injected() const {
    const std::lock_guard lock(mutex_);
    return injected_;
}

bool FaultyVfs::isDark() const {
    const std::lock_guard lock(mutex_);
    return dark_;
}

FaultyVfs::Verdict FaultyVfs::judge(Operation operation) {
    const std::lock_guard lock(mutex_);
    Verdict verdict = Verdict::Pass;
    for (Armed& armed : armed_) {
        if (verdict == Verdict::Pass && !dark_) {
            verdict = judgePlan(armed, operation);
        }
    }
    return dark_ ? Verdict::Fail : verdict;
}

FaultyVfs::Verdict FaultyVfs::judgePlan(Armed& armed, Operation operation) {
    const FaultPlan& plan = armed.plan;
    if (!matches(plan.kind, operation)) {
        return Verdict::Pass;
    }
    const uint64_t number = ++armed.candidates;
    if (number < plan.at || number - plan.at >= plan.hits) {
        return Verdict::Pass;
    }
    ++injected_;
    switch (plan.kind) {
        case FaultKind::TornWrite:
            return Verdict::Half;
        case FaultKind::TornDeath:
            return Verdict::Die;
        case FaultKind::DiskFull:
            return Verdict::Full;
        case FaultKind::LostSync:
            return Verdict::Lose;
        case FaultKind::Death:
            ::_exit(0);
        case FaultKind::PowerCut:
            dark_ = true;
            return Verdict::Fail;
        case FaultKind::ReadError:
        case FaultKind::WriteError:
        case FaultKind::SyncError:
        case FaultKind::TruncateError:
        case FaultKind::OpenError:
        case FaultKind::SharedError:
        case FaultKind::FolderError:
            return Verdict::Fail;
    }
    return Verdict::Pass;
}

void FaultyVfs::keepShadows(bool keep) {
    const std::lock_guard lock(mutex_);
    keeps_shadows_ = keep;
    shadows_.clear();
}

void FaultyVfs::shadowOpened(uint64_t inode, const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (!keeps_shadows_) {
        return;
    }
    std::vector<uint8_t> content = contentOf(path);
    // An empty file is a new one, whatever file had its inode before.
    if (content.empty() || !shadows_.contains(inode)) {
        shadows_.insert_or_assign(inode, FileShadow{std::move(content), {}});
    }
}

void FaultyVfs::shadowWritten(uint64_t inode, uint64_t offset, uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = shadows_.find(inode);
    if (found != shadows_.end() && bytes > 0) {
        for (uint64_t sector = offset / kSectorBytes; sector * kSectorBytes < offset + bytes;
             ++sector) {
            found->second.dirty_sectors.insert(sector);
        }
    }
}

void FaultyVfs::shadowKept(uint64_t inode, const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto found = shadows_.find(inode);
    if (found == shadows_.end()) {
        return;
    }
    const std::vector<uint8_t> content = contentOf(path);
    FileShadow& shadow = found->second;
    shadow.durable.resize(content.size());
    for (const uint64_t sector : shadow.dirty_sectors) {
        copySector(content, shadow.durable, sector);
    }
    shadow.dirty_sectors.clear();
}

void FaultyVfs::powerBack(const std::string& folder, std::mt19937_64& random) {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string path = entry.path().string();
        struct stat status {};
        EVD_CHECK(::stat(path.c_str(), &status) == 0, "a file of the test is gone");
        const auto found = shadows_.find(status.st_ino);
        if (found == shadows_.end() || path.ends_with("-shm")) {
            continue;
        }
        const FileShadow& shadow = found->second;
        std::vector<uint8_t> left = contentOf(path);
        const size_t written = left.size();
        if (random() % 2 == 0) {
            left.resize(shadow.durable.size());
        }
        for (size_t at = written; at < left.size(); ++at) {
            left[at] = shadow.durable[at];
        }
        for (const uint64_t sector : shadow.dirty_sectors) {
            if (random() % 2 == 0) {
                copySector(shadow.durable, left, sector);
            }
        }
        std::ofstream out(path, std::ios::binary | std::ios::trunc);
        out.write(reinterpret_cast<const char*>(left.data()),
                  static_cast<std::streamsize>(left.size()));
    }
    shadows_.clear();
    dark_ = false;
    armed_.clear();
}

FaultyVfs::FaultyVfs() : real_(sqlite3_vfs_find(nullptr)) {
    EVD_CHECK(real_ != nullptr, "SQLite has no file system");
}

}  // namespace evd::test
