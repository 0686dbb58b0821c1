#include "tests/support/exactly_once.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <sqlite3.h>
#include <algorithm>
#include <filesystem>
#include <map>
#include <span>
#include <utility>

namespace evd::test {

namespace {

using base::cat;

constexpr size_t kViolationsMax = 20;

struct CpuRecord {
    std::vector<uint64_t> stored;
    std::vector<std::pair<uint64_t, uint64_t>> gaps;
};

// One integer field of a flat msgpack map; 0 when it is not there.
uint64_t numberField(std::span<const uint8_t> payload, std::string_view name) {
    wire::MsgpackReader reader(payload);
    const auto map = reader.next();
    if (!map.ok() || map.value().kind != wire::MsgpackKind::Map) {
        return 0;
    }
    for (uint32_t i = 0; i < map.value().count; ++i) {
        const auto key = reader.next();
        if (!key.ok()) {
            return 0;
        }
        if (key.value().kind == wire::MsgpackKind::Text && key.value().bytes == name) {
            const auto value = reader.next();
            return value.ok() ? static_cast<uint64_t>(value.value().int_value) : 0;
        }
        if (!reader.skip().ok()) {
            return 0;
        }
    }
    return 0;
}

std::span<const uint8_t> blobOf(sqlite3_stmt* row, int column) {
    return {static_cast<const uint8_t*>(sqlite3_column_blob(row, column)),
            static_cast<size_t>(sqlite3_column_bytes(row, column))};
}

class Checker {
  public:
    explicit Checker(std::string event_type) : event_type_(std::move(event_type)) {}

    void readShard(const std::string& path) {
        sqlite3* db = nullptr;
        EVD_CHECK(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK,
                  "a shard could not be opened by the checker");
        sqlite3_stmt* row = nullptr;
        EVD_CHECK(sqlite3_prepare_v2(db,
                                     "SELECT hex(boot_id), cpu_id, sequence, event_type, payload "
                                     "FROM events",
                                     -1, &row, nullptr) == SQLITE_OK,
                  "a shard has no events table");
        while (sqlite3_step(row) == SQLITE_ROW) {
            takeRow(row);
        }
        sqlite3_finalize(row);
        sqlite3_close(db);
    }

    ExactlyOnceReport finish() {
        for (auto& [cpu, record] : cpus_) {
            checkCpu(cat(cpu.first.substr(0, 8), " cpu ", cpu.second), record);
        }
        return std::move(report_);
    }

  private:
    void takeRow(sqlite3_stmt* row) {
        const std::string boot(reinterpret_cast<const char*>(sqlite3_column_text(row, 0)));
        const std::string type(reinterpret_cast<const char*>(sqlite3_column_text(row, 3)));
        const bool stamped = sqlite3_column_type(row, 2) != SQLITE_NULL;
        const auto cpu = std::make_pair(boot, sqlite3_column_int64(row, 1));
        if (stamped) {
            ++report_.events;
            cpus_[cpu].stored.push_back(static_cast<uint64_t>(sqlite3_column_int64(row, 2)));
            if (type == event_type_) {
                report_.numbers.insert(numberField(blobOf(row, 4), "n"));
            }
        } else if (type == "synthetic.gap") {
            const auto payload = blobOf(row, 4);
            const uint64_t first = numberField(payload, "first_missing");
            const uint64_t last = numberField(payload, "last_missing");
            ++report_.gap_records;
            report_.lost += last - first + 1;
            cpus_[cpu].gaps.emplace_back(first, last);
        }
    }

    void violation(std::string text) {
        if (report_.violations.size() < kViolationsMax) {
            report_.violations.push_back(std::move(text));
        }
    }

    // Sorts events and gaps into one line of intervals; each must begin where the last one ended.
    void checkCpu(const std::string& name, CpuRecord& record) {
        auto& all = record.gaps;
        for (const uint64_t sequence : record.stored) {
            all.emplace_back(sequence, sequence);
        }
        std::sort(all.begin(), all.end());
        uint64_t expected = 1;
        for (const auto& [first, last] : all) {
            if (first < expected) {
                violation(cat(name, ": ", first, "..", last, " is accounted for twice"));
            } else if (first > expected) {
                violation(
                    cat(name, ": ", expected, "..", first - 1, " is neither stored nor lost"));
            }
            expected = std::max(expected, last + 1);
        }
    }

    std::string event_type_;
    std::map<std::pair<std::string, int64_t>, CpuRecord> cpus_;
    ExactlyOnceReport report_;
};

}  // namespace

ExactlyOnceReport checkExactlyOnce(const std::string& event_folder, const std::string& event_type) {
    Checker checker(event_type);
    for (const auto& entry : std::filesystem::directory_iterator(event_folder)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("shard-") && name.ends_with(".db")) {
            checker.readShard(entry.path().string());
        }
    }
    return checker.finish();
}

}  // namespace evd::test
