#include "tests/support/store_books.h"

#include "common/base/text.h"
#include "tests/support/plain_database.h"

#include <algorithm>
#include <filesystem>
#include <tuple>

namespace evd::test {

namespace {

namespace fs = std::filesystem;
using base::cat;

constexpr size_t kViolationsMax = 20;
using Row = PlainDatabase::Row;

// One database of the books, and what is wrong with it.
class Book {
  public:
    Book(const std::string& path, StoreBooks& books)
        : name_(fs::path(path).filename().string()), books_(books), database_(path) {
        ++books_.databases;
        tellError();
    }

    bool hasTable(const std::string& name) { return database_.hasTable(name); }

    std::vector<Row> ask(const std::string& sql) {
        auto rows = database_.ask(sql);
        tellError();
        return rows;
    }

    // The property holds when the question has no answer; otherwise its first row is shown.
    void expectNone(const std::string& property, const std::string& sql) {
        ++books_.checked[property];
        const auto rows = ask(sql);
        if (!rows.empty()) {
            violated(cat(property, ": ", rows.size(), " times not, first ", shown(rows.front())));
        }
    }

    void countRows(const std::string& table) {
        for (const Row& row : ask(cat("SELECT count(*) FROM ", table))) {
            books_.rows += numberOf(row.at(0));
        }
    }

  private:
    void tellError() {
        if (!database_.error().empty()) {
            violated(database_.error());
        }
    }
    void violated(const std::string& sentence) {
        if (books_.violations.size() < kViolationsMax) {
            books_.violations.push_back(cat(name_, ": ", sentence));
        }
    }
    static std::string shown(const Row& row) {
        std::string text;
        for (const std::string& value : row) {
            text += cat(text.empty() ? "" : "|", value);
        }
        return text;
    }

    const std::string name_;
    StoreBooks& books_;
    PlainDatabase database_;
};

void checkFile(Book& book) {
    book.expectNone("file is sound and each index agrees with its table",
                    "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'");
    book.expectNone("no row refers to one that is not there",
                    "SELECT * FROM pragma_foreign_key_check");
}

void checkCatalogue(Book& book, const std::string& table, const std::string& column,
                    const std::string& catalogue) {
    book.expectNone(cat("every ", column, " is in the catalogue"),
                    cat("SELECT DISTINCT ", column, " FROM ", table, " WHERE ", column,
                        " NOT IN (SELECT ", column, " FROM ", catalogue, ")"));
    book.expectNone(cat("the catalogue names no ", column, " that is not there"),
                    cat("SELECT ", column, " FROM ", catalogue, " WHERE ", column,
                        " NOT IN (SELECT ", column, " FROM ", table, ")"));
}

// Gathers over all shards what must not be in two of them.
class Shards {
  public:
    explicit Shards(StoreBooks& books) : books_(books) {}

    void take(Book& book, const std::string& name) {
        checkFile(book);
        checkCatalogue(book, "events", "event_type", "event_types");
        book.countRows("events");
        for (const Row& row : book.ask("SELECT id FROM events")) {
            ids_.push_back(numberOf(row.at(0)));
        }
        for (const Row& row : book.ask("SELECT hex(boot_id), cpu_id, first_sequence, "
                                       "last_sequence FROM receipts")) {
            receipts_.push_back(
                {row.at(0), numberOf(row.at(1)), numberOf(row.at(2)), numberOf(row.at(3)), name});
        }
    }

    void finish() {
        books_.checked["no id is given twice"] += ids_.size();
        std::sort(ids_.begin(), ids_.end());
        const auto twice = std::adjacent_find(ids_.begin(), ids_.end());
        if (twice != ids_.end()) {
            books_.violations.push_back(cat("id ", *twice, " is given twice"));
        }
        books_.checked["receipts do not overlap"] += receipts_.size();
        std::sort(receipts_.begin(), receipts_.end());
        for (size_t at = 1; at < receipts_.size(); ++at) {
            const auto& [boot, cpu, first, last, shard] = receipts_[at - 1];
            const auto& [next_boot, next_cpu, next_first, next_last, next_shard] = receipts_[at];
            if (boot == next_boot && cpu == next_cpu && next_first <= last) {
                books_.violations.push_back(cat("cpu ", cpu, ": receipts ", first, "..", last,
                                                " of ", shard, " and ", next_first, "..", next_last,
                                                " of ", next_shard, " overlap"));
            }
        }
    }

  private:
    using Receipt = std::tuple<std::string, uint64_t, uint64_t, uint64_t, std::string>;

    StoreBooks& books_;
    std::vector<uint64_t> ids_;
    std::vector<Receipt> receipts_;
};

void checkLogs(Book& book) {
    checkFile(book);
    checkCatalogue(book, "logs", "origin", "log_origins");
    book.countRows("logs");
}

void checkMetrics(Book& book) {
    checkFile(book);
    book.expectNone("no series is there twice",
                    "SELECT name, labels, boundaries_hash FROM series GROUP BY name, labels, "
                    "coalesce(boundaries_hash, 0) HAVING count(*) > 1");
    book.expectNone("every sample has a series",
                    "SELECT series_id FROM samples WHERE series_id NOT IN (SELECT id FROM series)");
    book.countRows("samples");
}

}  // namespace

StoreBooks checkStoreBooks(const std::string& state_folder) {
    StoreBooks books;
    Shards shards(books);
    for (const auto& folder : {state_folder, state_folder + "/events"}) {
        for (const auto& path : databasesIn(folder, "")) {
            Book book(path, books);
            if (book.hasTable("events")) {
                shards.take(book, fs::path(path).filename().string());
            } else if (book.hasTable("logs")) {
                checkLogs(book);
            } else if (book.hasTable("samples")) {
                checkMetrics(book);
            } else {
                checkFile(book);
            }
        }
    }
    shards.finish();
    return books;
}

}  // namespace evd::test
