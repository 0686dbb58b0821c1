#include "tests/bench/journal_peer.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/db/sqlite.h"
#include "tests/bench/peer_program.h"

#include <unistd.h>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace evd::bench {

namespace {

namespace fs = std::filesystem;

constexpr const char* kJournalRemote = "/lib/systemd/systemd-journal-remote";
constexpr const char* kJournalctl = "/usr/bin/journalctl";
constexpr int64_t kRowsMax = 2'000'000;

// The number of events, or more than kRowsMax where there are more.
int64_t countRows(const QuestionData& data) {
    const auto connection = db::Connection::openForReading(data.shard());
    EVD_CHECK(connection.ok(), "the shard could not be opened");
    const auto count = connection.value()->prepare("SELECT max(id) FROM events");
    EVD_CHECK(count.ok() && count.value()->step().ok(), "the shard could not be read");
    return count.value()->columnInteger(0);
}

// In the journal's export format, which this kind of text needs no lengths in.
void writeExport(const QuestionData& data, const std::string& path) {
    const auto connection = db::Connection::openForReading(data.shard());
    EVD_CHECK(connection.ok(), "the shard could not be opened");
    const auto rows = connection.value()->prepare(
        "SELECT timestamp/1000,event_type,msgpack_extract(payload,'$.pid'),"
        "msgpack_extract(payload,'$.priority'),msgpack_extract(payload,'$.size'),"
        "msgpack_extract(payload,'$.message') FROM events ORDER BY id");
    EVD_CHECK(rows.ok(), "the events could not be read");
    db::Statement& row = *rows.value();
    std::ofstream file(path, std::ios::binary);
    for (int64_t number = 1;; ++number) {
        const auto there = row.step();
        EVD_CHECK(there.ok(), "the events could not be read");
        if (!there.value()) {
            return;
        }
        file << "__REALTIME_TIMESTAMP=" << row.columnInteger(0)
             << "\n__MONOTONIC_TIMESTAMP=" << number * 1000
             << "\n_BOOT_ID=00112233445566778899aabbccddeeff\nSYSLOG_IDENTIFIER="
             << row.columnText(1) << "\n_PID=" << row.columnInteger(2)
             << "\nPRIORITY=" << row.columnInteger(3) << "\nSIZE=" << row.columnInteger(4)
             << "\nMESSAGE=" << row.columnText(5) << "\n\n";
    }
}

}  // namespace

std::optional<JournalPeer> JournalPeer::of(const QuestionData& data) {
    const std::string folder = data.folder + "/journal";
    if (fs::exists(folder)) {
        return JournalPeer(folder);
    }
    if (::access(kJournalRemote, X_OK) != 0 || ::access(kJournalctl, X_OK) != 0) {
        std::printf("systemd-journal-remote or journalctl is not here: left out\n");
        return std::nullopt;
    }
    if (countRows(data) > kRowsMax) {
        std::printf("too many events to make a journal of: journalctl is left out\n");
        return std::nullopt;
    }
    const std::string making = folder + ".new";
    fs::remove_all(making);
    fs::create_directories(making);
    const std::string text = data.folder + "/journal.export";
    writeExport(data, text);
    const bool is_made = runShell(base::cat(kJournalRemote, " --output='", making,
                                            "/events.journal' - <'", text, "' 2>/dev/null"));
    fs::remove(text);
    if (!is_made) {
        std::printf("systemd-journal-remote made no journal: left out\n");
        return std::nullopt;
    }
    fs::rename(making, folder);
    return JournalPeer(folder);
}

double JournalPeer::quickestMs(int runs, std::string_view arguments) const {
    return quickestShellMs(runs, base::cat(kJournalctl, " -q --no-pager -o cat -D '", folder_, "' ",
                                           arguments, " >/dev/null"));
}

}  // namespace evd::bench
