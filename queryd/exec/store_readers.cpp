#include "queryd/exec/store_readers.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/db/store_files.h"
#include "queryd/exec/question_trace.h"

#include <chrono>
#include <condition_variable>

namespace evd::queryd {

namespace {

constexpr int64_t kBusyWaitMs = 10;

// Backs off before a database is tried again; a reader thread has nothing better to do.
void backOff() {
    std::mutex mutex;
    std::condition_variable nobody;
    std::unique_lock lock(mutex);
    nobody.wait_for(lock, std::chrono::milliseconds(kBusyWaitMs));
}

}  // namespace

base::Result<std::vector<DatabaseFile>> StoreReaders::databases(StoreKind store) const {
    const std::string& path = store == StoreKind::Logs ? paths_.logs : paths_.events;
    if (path.empty()) {
        return std::vector<DatabaseFile>();
    }
    if (store == StoreKind::Logs) {
        return databasesOf(db::discoverSingleStore(path), "log");
    }
    return databasesOf(db::discoverEventStores(path), "event");
}

base::Result<StoreReaders::ReadEnd> StoreReaders::read(
    const DatabaseFile& file, const RunControl& control,
    const std::function<base::Result<void>(db::Connection&)>& work) {
    for (int64_t waited_ms = 0;; waited_ms += kBusyWaitMs) {
        if (control.shouldStop()) {
            return control.stopError();
        }
        const auto done = tryOnce(file, control, work);
        if (done) {
            noteSuccess(file);
            return ReadEnd::Done;
        }
        if (control.shouldStop()) {
            return control.stopError();
        }
        if (done.error().kind == base::ErrorKind::Busy && waited_ms < kBusyRetryMs) {
            backOff();
            continue;
        }
        if (done.error().kind != base::ErrorKind::NotFound) {
            noteFailure(file, done.error());
        }  // else retention or quarantine took it away meanwhile
        if (control.trace != nullptr) {
            control.trace->noteLeftOut(control.step, file);
        }
        return ReadEnd::LeftOut;
    }
}

base::Result<void> StoreReaders::tryOnce(
    const DatabaseFile& file, const RunControl& control,
    const std::function<base::Result<void>(db::Connection&)>& work) {
    const LogRest::Visit visit(connections_.rest(), file, control);
    auto connection = connections_.acquire(file);
    if (!connection) {
        return connection.error();
    }
    connection.value()->setProgressCheck([&control] { return control.shouldStop(); });
    auto done = control.trace == nullptr
                    ? work(*connection.value())
                    : control.trace->watch(file, control, *connection.value(), work);
    connection.value()->setProgressCheck({});
    const bool healthy = done.ok() || done.error().kind == base::ErrorKind::Gone;
    if (healthy) {
        connections_.release(file, std::move(connection).value());
    }
    return done;
}

void StoreReaders::noteFailure(const DatabaseFile& file, const base::Error& error) {
    const std::lock_guard lock(mutex_);
    if (failing_.insert(file.path).second) {
        base::logWarning(
            base::cat("cannot read ", file.path, ": ", error.text, ", answering without it"));
    }
}

void StoreReaders::noteSuccess(const DatabaseFile& file) {
    const std::lock_guard lock(mutex_);
    if (failing_.erase(file.path) != 0) {
        base::logInfo(base::cat("can read ", file.path, " again"));
    }
}

}  // namespace evd::queryd
