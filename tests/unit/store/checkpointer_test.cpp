#include "store/checkpointer.h"

#include "common/base/text.h"
#include "common/db/statements.h"
#include "store/file_room.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace evd::store {
namespace {

using Load = CheckpointPolicy::Load;

constexpr int64_t kThreshold = 64 * 1024;

// Nobody tells when a pass has ended: the writer looks after each of its transactions.
template <typename Holds>
bool comesTrue(const Holds& holds) {
    return test::waitUntil(test::kPatienceMs, holds, /*look_every_ms=*/1);
}

// A writer's database, a checkpointer for it, and somebody to read it.
class Scene {
  public:
    Scene() {
        auto made = db::Connection::createForWriting(path(), 4096);
        REQUIRE(made);
        REQUIRE(made.value()->execute("CREATE TABLE rows(bytes BLOB)"));
        made.value().reset();
        open();
    }

    void open() {
        auto opened = db::Connection::openForWriting(path());
        REQUIRE(opened);
        writer = std::move(opened).value();
        page_bytes_ = writer->pageBytes();
        auto prepared = FileRoom::prepare(*writer);
        REQUIRE(prepared);
        room = std::move(prepared).value();
    }
    void close() {
        room.reset();
        writer.reset();
    }
    // As the writers do it: there is room for every page before it is in the log.
    void write(int64_t bytes) {
        REQUIRE(writer->execute("BEGIN IMMEDIATE"));
        REQUIRE(writer->execute(
            base::cat("INSERT INTO rows VALUES (printf('%.*c', ", bytes, ", 'x'))")));
        REQUIRE(room->reserve());
        REQUIRE(writer->execute("COMMIT"));
        checkpointer.noteLog(writer->walPages() * page_bytes_);
    }
    void turn(Load load) { checkpointer.runIfDue(*writer, path(), load); }
    // Turns until the log is at rest.
    void settle() {
        REQUIRE_MESSAGE(comesTrue([&] {
                            turn(Load::Idle);
                            return checkpointer.idleWait() > std::chrono::seconds(1);
                        }),
                        "the log does not come to rest");
    }
    std::unique_ptr<db::Connection> reader() const {
        auto opened = db::Connection::openForReading(path());
        REQUIRE(opened);
        REQUIRE(opened.value()->execute("BEGIN"));
        REQUIRE(db::askInteger(*opened.value(), "SELECT count(*) FROM rows").ok());
        return std::move(opened).value();
    }
    // Of what was written, as far as it is in the database file.
    int64_t movedBytes() const {
        std::ifstream file(path(), std::ios::binary);
        return std::count(std::istreambuf_iterator<char>(file), {}, 'x');
    }
    std::string path() const { return directory_ / "a.db"; }

    std::unique_ptr<db::Connection> writer;
    std::unique_ptr<FileRoom> room;
    Checkpointer checkpointer{"test-moves", kThreshold};

  private:
    test::TemporaryDirectory directory_;
    int64_t page_bytes_ = 0;
};

TEST_CASE("checkpointer: a log at the threshold is moved and begins anew with the next commit") {
    Scene scene;
    scene.write(kThreshold);
    const int64_t before = scene.checkpointer.walBytes();
    CHECK(before >= kThreshold);
    scene.settle();
    CHECK(scene.movedBytes() >= kThreshold);
    CHECK_FALSE(scene.checkpointer.isBlocked());
    scene.write(1);
    CHECK(scene.checkpointer.walBytes() < before);
}

TEST_CASE("checkpointer: a log below the threshold is left alone") {
    Scene scene;
    scene.write(kThreshold / 2);
    scene.turn(Load::Idle);
    CHECK(scene.checkpointer.idleWait() > std::chrono::seconds(1));
    CHECK(scene.movedBytes() == 0);
}

TEST_CASE("checkpointer: the log is moved while the writer is in the middle of a transaction") {
    Scene scene;
    scene.write(kThreshold);
    REQUIRE(scene.writer->execute("BEGIN IMMEDIATE"));
    REQUIRE(scene.writer->execute("INSERT INTO rows VALUES (1)"));
    scene.turn(Load::Idle);
    CHECK(comesTrue([&] { return scene.movedBytes() >= kThreshold; }));
    CHECK(scene.writer->execute("COMMIT").ok());
}

TEST_CASE("checkpointer: a busy writer's log is bounded and everything in it stays") {
    Scene scene;
    constexpr int kWrites = 400;
    int64_t longest = 0;
    for (int write = 0; write < kWrites; ++write) {
        scene.write(kThreshold / 4);
        scene.turn(Load::Waiting);
        longest = std::max(longest, scene.checkpointer.walBytes());
    }
    // Passes that a slow disk holds up are waited for by nobody; but the log is not all that came.
    CHECK(longest < kWrites * kThreshold / 4);
    scene.settle();
    scene.checkpointer.letGo();
    scene.close();
    scene.open();
    CHECK(db::askInteger(*scene.writer, "SELECT count(*) FROM rows").value() == kWrites);
    const auto damages = db::askInteger(
        *scene.writer, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'");
    REQUIRE(damages);
    CHECK(damages.value() == 0);
}

TEST_CASE("checkpointer: a reader's snapshot keeps the log, and its end frees it") {
    Scene scene;
    scene.write(1);
    const auto reader = scene.reader();
    scene.write(kThreshold);
    CHECK(comesTrue([&] {
        if (!scene.checkpointer.isBlocked()) {
            scene.turn(Load::Idle);
        }
        return scene.checkpointer.isBlocked();
    }));
    CHECK(scene.checkpointer.idleWait() == std::chrono::seconds(1));
    REQUIRE(reader->execute("COMMIT"));
    scene.settle();
    CHECK_FALSE(scene.checkpointer.isBlocked());
}

TEST_CASE("checkpointer: who has let go has nothing open, and begins again with another database") {
    Scene scene;
    scene.write(kThreshold);
    scene.turn(Load::Served);
    scene.checkpointer.letGo();
    CHECK(scene.checkpointer.walBytes() == 0);
    scene.close();
    std::filesystem::rename(scene.path(), scene.path() + ".aside");
    std::filesystem::remove(scene.path() + "-wal");
    std::filesystem::remove(scene.path() + "-shm");
    std::filesystem::copy_file(scene.path() + ".aside", scene.path());
    scene.open();
    scene.write(kThreshold);
    scene.settle();
    CHECK(scene.movedBytes() >= kThreshold);
}

// What cannot be done beside the writer is done by it.
TEST_CASE("checkpointer: a database that was removed while in use harms nobody") {
    Scene scene;
    scene.write(kThreshold);
    std::filesystem::remove(scene.path());
    scene.settle();
    CHECK_FALSE(std::filesystem::exists(scene.path()));
}

}  // namespace
}  // namespace evd::store
