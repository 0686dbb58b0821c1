#pragma once

#include "common/base/result.h"
#include "common/db/read_trace.h"
#include "common/db/row_filter.h"
#include "common/db/row_view.h"
#include "common/db/statement_cache.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace evd::db {

inline constexpr int kWriterBusyMsMax =
    2000;  // a lock of an administrator's shell is waited out so long
inline constexpr int kReaderBusyMsMax = 1000;
inline constexpr int kProgressSteps = 4000;    // virtual-machine steps between two progress checks
inline constexpr size_t kStatementsKept = 16;  // of a reader, each some kilobytes
inline constexpr int64_t kWalBytesKept = 64 * 1024 * 1024;  // a longer -wal is cut when it restarts

// Lets SQLite do once what a jail may forbid later: allocate, and seed its random numbers from the
// system (the salts of write-ahead logs). Called before confine() by every process that opens
// databases.
void prepareProcess();

// Where SQLite puts what it cannot hold in memory: a jail leaves it no other folder. For a process
// that builds indexes, once, before it has threads or connections.
void setTemporaryDirectory(const std::string& directory);

// A prepared statement. Belongs to its Connection and to its thread; must not outlive it. Bound
// text and blobs are not copied: they must live until the next reset(). Column views live until the
// next step() or reset(). Indexes: parameters from 1, columns from 0, as in SQLite.
class Statement final : public RowView {
  public:
    // A statement with a home goes back there.
    explicit Statement(sqlite3_stmt* statement, StatementCache* home = nullptr)
        : statement_(statement), home_(home) {}
    ~Statement() override;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    void bindNull(int index);
    void bindInteger(int index, int64_t value);
    void bindFloat(int index, double value);
    void bindText(int index, std::string_view value);
    void bindBlob(int index, std::span<const uint8_t> value);

    // True: a row is there. False: done. Errors: Busy (locked), Corrupt, Io (disk full, i/o error),
    // Gone (interrupted by the progress check).
    base::Result<bool> step();
    void reset();

    ColumnKind columnKind(int index) const override;
    int64_t columnInteger(int index) const override;
    double columnFloat(int index) const override;
    std::string_view columnText(int index) const override;
    std::span<const uint8_t> columnBlob(int index) const override;
    int columnCount() const;

  private:
    sqlite3_stmt* statement_;
    StatementCache* home_;
};

// What one passive checkpoint found and did.
struct Checkpoint {
    int64_t wal_pages = 0;    // in the write-ahead log
    int64_t moved_pages = 0;  // of these now also in the database file
};

// Whether it was an Io error because the system refused a read. That may pass; a page that stays
// unreadable is a damaged one.
bool isFailedRead(const base::Error& error);

// One SQLite connection: the only door to sqlite3.h. Used by one thread at a time. Readers can
// never write: they are opened read-only and with PRAGMA query_only. Only store/ may open for
// writing.
//
// A reader needs no more than read access to the folder and to the database, its -wal and its -shm:
// writers leave the two in place when they close (SQLITE_FCNTL_PERSIST_WAL). A database that has
// neither is opened as immutable (see isImmutable).
//
// Errors by what the caller should do: Busy (locked, or a writer died half-way and has not
// recovered yet: try again), Io (disk full or broken, a page that the system refuses to read),
// Corrupt (not a database, damaged), NotFound (no such file), Gone (interrupted), Denied (no
// permission), Invalid (the statement is wrong, or the database lacks the table it names).
class Connection {
  public:
    static base::Result<std::unique_ptr<Connection>> openForReading(const std::string& path);
    // An existing database; puts it into WAL mode, synchronous=FULL, no automatic checkpoint.
    static base::Result<std::unique_ptr<Connection>> openForWriting(const std::string& path);
    // A new empty database of that page size, not in WAL mode yet: it leaves one file behind, so
    // that it can be filled under another name and then renamed.
    static base::Result<std::unique_ptr<Connection>> createForWriting(const std::string& path,
                                                                      uint32_t page_bytes);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Readers keep up to kStatementsKept statements that are done, and use them again for the same
    // text.
    base::Result<std::unique_ptr<Statement>> prepare(std::string_view sql);
    // Always a new one, which is not kept: for a text that may be wrong when it comes again,
    // because it insists on an index that may be gone.
    base::Result<std::unique_ptr<Statement>> prepareAnew(std::string_view sql);
    size_t keptStatements() const { return statements_ == nullptr ? 0 : statements_->count(); }
    base::Result<void> execute(std::string_view sql);

    // Whether a transaction was begun and has not ended. A BEGIN that failed may have begun one:
    // the progress check is asked once more when the work is done.
    bool isInTransaction() const;

    // Whether the system has refused to read a page of its files. From then on damage and a refused
    // read cannot be told apart here, and both are Io: another connection can.
    bool hasFailedRead() const;

    // Called inside long statements every so many virtual-machine steps; answering true makes the
    // statement fail with Gone. An empty function removes the check.
    void setProgressCheck(std::function<bool()> should_stop, int steps = kProgressSteps);

    // What kRowFilterName answers inside the statements of this connection; an empty function wants
    // no row. Judging a row there spares reading the rest of one that is not wanted.
    base::Result<void> setRowFilter(RowFilter filter);

    // From here to endTrace() it is counted what statements read (ReadTracer). Row filters count
    // only when they are set in between.
    void beginTrace();
    // Statements that are still alive are not counted.
    ReadTrace endTrace();
    // How SQLite would run the statement: which tables in which order, by which index or scan. A
    // line per step; empty for a statement that is wrong.
    std::string describe(std::string_view sql);

    // True for a reader of a database that no writer has open (no -wal, no -shm). Such a connection
    // never looks for changes: it is good for one question and must not be kept for a second one.
    bool isImmutable() const { return immutable_; }

    // For writers. Pages in the write-ahead log after the last commit; 0 before the first.
    int64_t walPages() const { return wal_pages_; }
    // For writers. Moves what it can from the log into the database, without waiting for readers.
    base::Result<Checkpoint> checkpointPassive();
    // For writers. Waits until the database file is on the disk. A passive checkpoint does so only
    // when it has moved the whole log.
    base::Result<void> syncFile();
    // Makes what runs on this connection at the moment fail with Gone. From any thread.
    void interrupt();
    uint32_t pageBytes();
    // For writers. From now on the file grows, and is cut, in steps of that size.
    void setFileGrowth(int64_t step_bytes);
    // For writers with a file growth: the file takes up that much of the disk at least, a step
    // further where it must grow. Io when the disk is full; the file may have grown by a part.
    base::Result<void> reserveFileBytes(int64_t bytes);
    // Whether the file was removed or renamed since it was opened: what is written now is lost.
    bool hasMoved();

    sqlite3* handle() { return handle_; }

  private:
    explicit Connection(sqlite3* handle) : handle_(handle) {}
    static base::Result<std::unique_ptr<Connection>> open(const std::string& target, int flags,
                                                          int busy_ms);
    base::Result<void> prepareForWriting();
    base::Result<std::unique_ptr<Statement>> prepareFor(std::string_view sql, StatementCache* home);

    sqlite3* handle_;
    std::function<bool()> should_stop_;
    RowFilter row_filter_;
    bool has_row_filter_ = false;  // registered with SQLite
    std::unique_ptr<ReadTracer> tracer_;
    std::unique_ptr<StatementCache> statements_;  // of a reader
    int64_t wal_pages_ = 0;
    bool immutable_ = false;
};

}  // namespace evd::db
