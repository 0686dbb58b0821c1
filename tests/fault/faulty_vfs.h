#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace evd::test {

// What goes wrong, and with which operations it can: see matches() in faulty_vfs.cpp.
enum class FaultKind {
    ReadError,      // EIO, which SQLite takes for a damaged disk
    WriteError,     // EIO, nothing written
    TornWrite,      // EIO, half of the block written
    DiskFull,       // SQLITE_FULL, nothing written
    SyncError,      // fsync fails; what was written stays in the cache
    LostSync,       // fsync succeeds and keeps nothing
    TruncateError,  // EIO
    OpenError,      // a file cannot be opened
    SharedError,    // the -shm cannot grow
    FolderError,    // EIO from rename, link or unlink
    Death,          // the process ends before the operation
    TornDeath,      // the process ends with half of the block written
    PowerCut,       // this and every later operation fails until powerBack()
};
inline constexpr size_t kFaultKinds = 13;
const char* faultName(FaultKind kind);

// Hits the operations number at, at + 1, ... at + hits - 1 of those that the kind can hit, counted
// from arm().
struct FaultPlan {
    FaultKind kind = FaultKind::WriteError;
    uint64_t at = 1;
    uint64_t hits = 1;
};

// What a file was when its last fsync was kept, and what was written since.
struct FileShadow {
    std::vector<uint8_t> durable;
    std::set<uint64_t> dirty_sectors;
};

// A disk that fails on demand: a SQLite VFS in front of the real one, the default of the process
// once it is installed, so that the product needs no door for it.
//
// Every operation that can lose data is counted, and a plan says which of them fails and how. The
// program's own rename, link and unlink count too (folder_operations.cpp). Nothing is ever written
// through to the machine's disk by an fsync: what an fsync would have kept is remembered, sector by
// sector, and powerBack() leaves of everything else what chance decides. Folders are taken to keep
// their order (a journaling file system). Safe on any thread; one per process, never destroyed.
class FaultyVfs {
  public:
    static FaultyVfs& instance();
    FaultyVfs();  // for instance() only

    // One plan, and further ones beside it; each counts for itself.
    void arm(FaultPlan plan);
    void armAlso(FaultPlan plan);
    void disarm();
    // Operations that the first plan could have hit since arm(), and those that any did hit.
    uint64_t candidates() const;
    uint64_t injected() const;
    bool isDark() const;

    // From now on files that are opened remember what an fsync has kept.
    void keepShadows(bool keep);
    // Power comes back: of what was not kept, each sector is there or not. Everything is closed.
    void powerBack(const std::string& folder, std::mt19937_64& random);

    enum class Operation { Open, Read, Write, Sync, Truncate, Delete, Shared, Folder };
    enum class Verdict { Pass, Fail, Half, Full, Lose, Die };
    // Counts the operation and says what becomes of it; may not return.
    Verdict judge(Operation operation);

    // The shadow's side of an operation, with the inode of its file.
    void shadowOpened(uint64_t inode, const std::string& path);
    void shadowWritten(uint64_t inode, uint64_t offset, uint64_t bytes);
    void shadowKept(uint64_t inode, const std::string& path);

    sqlite3_vfs* real() const { return real_; }

  private:
    struct Armed {
        FaultPlan plan;
        uint64_t candidates = 0;
    };
    Verdict judgePlan(Armed& armed, Operation operation);

    sqlite3_vfs* real_ = nullptr;
    mutable std::mutex mutex_;
    std::vector<Armed> armed_;
    uint64_t injected_ = 0;
    bool dark_ = false;
    bool keeps_shadows_ = false;
    std::map<uint64_t, FileShadow> shadows_;  // by inode
};

}  // namespace evd::test
