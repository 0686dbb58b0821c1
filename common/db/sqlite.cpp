#include "common/db/sqlite.h"

#include "common/base/check.h"
#include "common/base/exhaustion.h"
#include "common/base/text.h"
#include "common/db/column_kind.h"
#include "common/db/file_growth.h"
#include "common/db/sql_functions.h"
#include "common/db/store_files.h"

#include <sqlite3.h>
#include <cerrno>

namespace evd::db {

namespace {

using base::Error;
using base::ErrorKind;

// No mmap: over a million rows it made no scan faster (110-150 ms either way, 16 KiB pages, warm),
// and under a mapping a read error would be a signal instead of a Result.
constexpr const char* kReaderPragmas =
    "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON;";

ErrorKind readOnlyKind(int extended) {
    // The writer died half-way, or has just begun: whoever comes next recovers the log's index.
    const bool passing =
        extended == SQLITE_READONLY_RECOVERY || extended == SQLITE_READONLY_CANTINIT;
    return passing ? ErrorKind::Busy : ErrorKind::Denied;
}

ErrorKind kindOf(int extended) {
    switch (extended & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
        case SQLITE_SCHEMA:
            return ErrorKind::Busy;
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_NOMEM:
        case SQLITE_CANTOPEN:
            return ErrorKind::Io;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorKind::Corrupt;
        case SQLITE_INTERRUPT:
            return ErrorKind::Gone;
        case SQLITE_READONLY:
            return readOnlyKind(extended);
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return ErrorKind::Denied;
        default:  // the codes are SQLite's, not an enum of ours
            return ErrorKind::Invalid;
    }
}

// Whether the last thing that the system refused to do with the file was to read it.
bool hasRefusedRead(sqlite3_file* file) {
    if (file == nullptr || file->pMethods == nullptr) {
        return false;
    }
    int code = 0;
    (void)file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &code);
    return code == EIO || code == ENXIO || code == ERANGE;  // SQLITE_IOERR_CORRUPTFS
}

bool hasRefusedRead(sqlite3* handle) {
    sqlite3_file* database = nullptr;
    sqlite3_file* log = nullptr;
    (void)sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &database);
    (void)sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    return hasRefusedRead(database) || hasRefusedRead(log);
}

Error errorOf(sqlite3* handle, std::string_view what) {
    const int extended = sqlite3_extended_errcode(handle);
    // A page that cannot be read is a damaged one to a statement; only the file knows better.
    if ((extended & 0xff) == SQLITE_CORRUPT && hasRefusedRead(handle)) {
        return {ErrorKind::Io,
                base::cat(what, ": a page could not be read (SQLite ", extended, ")"), extended};
    }
    return {kindOf(extended),
            base::cat(what, ": ", sqlite3_errmsg(handle), " (SQLite ", extended, ")"), extended};
}

// A file: URI for a path, so that a question mark in a folder's name is not read as parameters, and
// neither are two slashes at the beginning as those of a host.
std::string fileUri(const std::string& path, std::string_view parameters) {
    std::string uri = path.starts_with('/') ? "file://" : "file:";
    for (const char letter : path) {
        if (letter == '%' || letter == '?' || letter == '#') {
            const auto byte = static_cast<uint8_t>(letter);
            uri += base::cat("%", base::encodeHex({&byte, 1}));
        } else {
            uri += letter;
        }
    }
    return uri.append(parameters);
}

int rememberWalPages(void* pages, sqlite3*, const char*, int count) {
    *static_cast<int64_t*>(pages) = count;
    return SQLITE_OK;
}

int askProgressCheck(void* check) {
    return (*static_cast<std::function<bool()>*>(check))() ? 1 : 0;
}

}  // namespace

void prepareProcess() {
    (void)sqlite3_initialize();
    uint8_t seed = 0;
    sqlite3_randomness(sizeof(seed), &seed);
}

void setTemporaryDirectory(const std::string& directory) {
    sqlite3_temp_directory = sqlite3_mprintf("%s", directory.c_str());
}

Statement::~Statement() {
    if (home_ != nullptr) {
        home_->keep(statement_);
    } else {
        sqlite3_finalize(statement_);
    }
}

void Statement::bindNull(int index) {
    EVD_CHECK(sqlite3_bind_null(statement_, index) == SQLITE_OK, "a parameter could not be bound");
}

void Statement::bindInteger(int index, int64_t value) {
    EVD_CHECK(sqlite3_bind_int64(statement_, index, value) == SQLITE_OK,
              "a parameter could not be bound");
}

void Statement::bindFloat(int index, double value) {
    EVD_CHECK(sqlite3_bind_double(statement_, index, value) == SQLITE_OK,
              "a parameter could not be bound");
}

void Statement::bindText(int index, std::string_view value) {
    // A null pointer would bind NULL; an empty text is a text.
    const char* text = value.data() == nullptr ? "" : value.data();
    EVD_CHECK(sqlite3_bind_text64(statement_, index, text, value.size(), SQLITE_STATIC,
                                  SQLITE_UTF8) == SQLITE_OK,
              "a parameter could not be bound");
}

void Statement::bindBlob(int index, std::span<const uint8_t> value) {
    const int outcome = value.empty() ? sqlite3_bind_zeroblob(statement_, index, 0)
                                      : sqlite3_bind_blob64(statement_, index, value.data(),
                                                            value.size(), SQLITE_STATIC);
    EVD_CHECK(outcome == SQLITE_OK, "a parameter could not be bound");
}

base::Result<bool> Statement::step() {
    switch (sqlite3_step(statement_)) {
        case SQLITE_ROW:
            return true;
        case SQLITE_DONE:
            return false;
        default:  // the codes are SQLite's, not an enum of ours
            return errorOf(sqlite3_db_handle(statement_), "statement");
    }
}

void Statement::reset() {
    // The code that reset() repeats is the one that step() has already returned.
    (void)sqlite3_reset(statement_);
}

ColumnKind Statement::columnKind(int index) const {
    return columnKindOf(sqlite3_column_type(statement_, index));
}

int64_t Statement::columnInteger(int index) const {
    return sqlite3_column_int64(statement_, index);
}

double Statement::columnFloat(int index) const {
    return sqlite3_column_double(statement_, index);
}

std::string_view Statement::columnText(int index) const {
    // The order matters: asking for the text may convert, and only then is the length that of the
    // text.
    const unsigned char* text = sqlite3_column_text(statement_, index);
    const int bytes = sqlite3_column_bytes(statement_, index);
    return {reinterpret_cast<const char*>(text), text == nullptr ? 0 : static_cast<size_t>(bytes)};
}

std::span<const uint8_t> Statement::columnBlob(int index) const {
    const void* blob = sqlite3_column_blob(statement_, index);
    const int bytes = sqlite3_column_bytes(statement_, index);
    return {static_cast<const uint8_t*>(blob), blob == nullptr ? 0 : static_cast<size_t>(bytes)};
}

int Statement::columnCount() const {
    return sqlite3_column_count(statement_);
}

base::Result<std::unique_ptr<Connection>> Connection::open(const std::string& target, int flags,
                                                           int busy_ms) {
    makeFileGrowthSafe();
    sqlite3* handle = nullptr;
    const int outcome = sqlite3_open_v2(
        target.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    // SQLite hands out a handle even when opening fails; it carries the reason.
    std::unique_ptr<Connection> connection(new Connection(handle));
    if (handle == nullptr) {
        base::endOutOfMemory();
    }
    if (outcome != SQLITE_OK) {
        return errorOf(handle, base::cat("open ", target));
    }
    sqlite3_busy_timeout(handle, busy_ms);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    EVD_TRY(registerSqlFunctions(handle));
    return connection;
}

base::Result<std::unique_ptr<Connection>> Connection::openForReading(const std::string& path) {
    if (!fileExists(path)) {
        return base::fail(ErrorKind::NotFound, base::cat("there is no database ", path));
    }
    // Without write access SQLite cannot make the two files of WAL mode; where neither is there, no
    // writer is there either and the database file alone is the whole truth.
    const bool immutable = !fileExists(path + "-wal") && !fileExists(path + "-shm");
    const std::string target = fileUri(path, immutable ? "?immutable=1" : "");
    auto opened = open(target, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, kReaderBusyMsMax);
    if (!opened) {
        return opened;
    }
    Connection& connection = *opened.value();
    connection.immutable_ = immutable;
    connection.statements_ = std::make_unique<StatementCache>(kStatementsKept);
    // Where file permissions would let a reader write (same user, no Landlock), it still must not
    // move the log into the database when it closes.
    sqlite3_db_config(connection.handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    EVD_TRY(connection.execute(kReaderPragmas));
    return opened;
}

base::Result<std::unique_ptr<Connection>> Connection::openForWriting(const std::string& path) {
    if (!fileExists(path)) {
        return base::fail(ErrorKind::NotFound, base::cat("there is no database ", path));
    }
    auto opened = open(path, SQLITE_OPEN_READWRITE, kWriterBusyMsMax);
    if (opened) {
        // The -wal and the -shm stay when the last writer closes: a reader without write access to
        // the folder could not make them. Before anything can fail: SQLite would remove them by
        // their names, which may be another database's by then.
        int persist = 1;
        sqlite3_file_control(opened.value()->handle_, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
        EVD_TRY(opened.value()->prepareForWriting());
    }
    return opened;
}

base::Result<std::unique_ptr<Connection>> Connection::createForWriting(const std::string& path,
                                                                       uint32_t page_bytes) {
    auto opened = open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, kWriterBusyMsMax);
    if (opened) {
        // The page size can only be chosen before the first page is written and before WAL mode.
        EVD_TRY(opened.value()->execute(
            base::cat("PRAGMA page_size=", page_bytes, "; PRAGMA synchronous=FULL")));
    }
    return opened;
}

base::Result<void> Connection::prepareForWriting() {
    auto mode = prepare("PRAGMA journal_mode=WAL");
    if (!mode) {
        return mode.error();
    }
    auto row = mode.value()->step();
    if (!row) {
        return row.error();
    }
    if (!row.value() || mode.value()->columnText(0) != "wal") {
        return base::fail(ErrorKind::Unsupported, "the database cannot be put into WAL mode");
    }
    mode.value().reset();
    EVD_TRY(
        execute(base::cat("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; "
                          "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=",
                          kWalBytesKept)));
    sqlite3_wal_hook(handle_, &rememberWalPages, &wal_pages_);
    return {};
}

Connection::~Connection() {
    tracer_.reset();  // while there is a handle to take it off
    statements_.reset();
    // _v2 waits for statements that are still alive instead of leaking the handle.
    sqlite3_close_v2(handle_);
}

base::Result<std::unique_ptr<Statement>> Connection::prepare(std::string_view sql) {
    sqlite3_stmt* kept = statements_ == nullptr ? nullptr : statements_->take(sql);
    return kept != nullptr ? std::make_unique<Statement>(kept, statements_.get())
                           : prepareFor(sql, statements_.get());
}

base::Result<std::unique_ptr<Statement>> Connection::prepareAnew(std::string_view sql) {
    return prepareFor(sql, nullptr);
}

base::Result<std::unique_ptr<Statement>> Connection::prepareFor(std::string_view sql,
                                                                StatementCache* home) {
    sqlite3_stmt* statement = nullptr;
    const int outcome = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (outcome != SQLITE_OK) {
        return errorOf(handle_, "prepare");
    }
    return std::make_unique<Statement>(statement, home);
}

base::Result<void> Connection::execute(std::string_view sql) {
    const std::string text(sql);
    if (sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        return errorOf(handle_, "execute");
    }
    return {};
}

bool isFailedRead(const Error& error) {
    return error.kind == ErrorKind::Io &&
           (error.code == SQLITE_IOERR_CORRUPTFS || error.code == SQLITE_IOERR_READ ||
            (error.code & 0xff) == SQLITE_CORRUPT);
}

bool Connection::hasFailedRead() const {
    return hasRefusedRead(handle_);
}

bool Connection::isInTransaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

void Connection::setProgressCheck(std::function<bool()> should_stop, int steps) {
    should_stop_ = std::move(should_stop);
    if (should_stop_) {
        sqlite3_progress_handler(handle_, steps, &askProgressCheck, &should_stop_);
    } else {
        sqlite3_progress_handler(handle_, 0, nullptr, nullptr);
    }
}

base::Result<void> Connection::setRowFilter(RowFilter filter) {
    if (tracer_ != nullptr && filter) {
        row_filter_ = [tracer = tracer_.get(), filter = std::move(filter)](const RowView& row) {
            tracer->noteJudged();
            return filter(row);
        };
    } else {
        row_filter_ = std::move(filter);
    }
    if (!has_row_filter_) {
        EVD_TRY(registerRowFilter(handle_, &row_filter_));
        has_row_filter_ = true;
    }
    return {};
}

void Connection::beginTrace() {
    tracer_ = std::make_unique<ReadTracer>(handle_);
}

ReadTrace Connection::endTrace() {
    ReadTrace trace = tracer_ == nullptr ? ReadTrace() : tracer_->finish(pageBytes());
    tracer_.reset();
    return trace;
}

std::string Connection::describe(std::string_view sql) {
    constexpr int kDetailColumn = 3;
    std::string text;
    // Anew, because the statement may insist on an index.
    auto plan = prepareAnew(base::cat("EXPLAIN QUERY PLAN ", sql));
    while (plan) {
        const auto row = plan.value()->step();
        if (!row || !row.value()) {
            break;
        }
        text += base::cat(text.empty() ? "" : "\n", plan.value()->columnText(kDetailColumn));
    }
    return text;
}

base::Result<Checkpoint> Connection::checkpointPassive() {
    int wal_pages = 0;
    int moved_pages = 0;
    const int outcome = sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_PASSIVE,
                                                  &wal_pages, &moved_pages);
    if (outcome != SQLITE_OK) {
        return errorOf(handle_, "checkpoint");
    }
    return Checkpoint{wal_pages, moved_pages};
}

base::Result<void> Connection::syncFile() {
    sqlite3_file* file = nullptr;
    int outcome = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (outcome == SQLITE_OK) {
        outcome = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    }
    if (outcome != SQLITE_OK) {
        return base::fail(kindOf(outcome), base::cat("the database file cannot be written out: ",
                                                     sqlite3_errstr(outcome)));
    }
    return {};
}

void Connection::interrupt() {
    sqlite3_interrupt(handle_);
}

void Connection::setFileGrowth(int64_t step_bytes) {
    int step = static_cast<int>(step_bytes);
    (void)sqlite3_file_control(handle_, "main", SQLITE_FCNTL_CHUNK_SIZE, &step);
}

base::Result<void> Connection::reserveFileBytes(int64_t bytes) {
    const int outcome = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_SIZE_HINT, &bytes);
    if (outcome != SQLITE_OK) {
        return base::fail(ErrorKind::Io, base::cat("no room for a database of ", bytes,
                                                   " bytes: ", sqlite3_errstr(outcome), " (SQLite ",
                                                   outcome, ")"));
    }
    return {};
}

uint32_t Connection::pageBytes() {
    auto pragma = prepare("PRAGMA page_size");
    auto row = pragma ? pragma.value()->step() : base::Result<bool>(pragma.error());
    return row && row.value() ? static_cast<uint32_t>(pragma.value()->columnInteger(0)) : 0;
}

bool Connection::hasMoved() {
    int has_moved = 0;
    sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    return has_moved != 0;
}

}  // namespace evd::db
