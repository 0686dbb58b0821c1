#include "store/file_room.h"

#include "common/base/text.h"
#include "common/db/statements.h"
#include "tests/support/small_disk.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <memory>
#include <string>

namespace evd::store {
namespace {

// A writer's database on a small disk, and somebody who moves its log.
class Scene {
  public:
    Scene() {
        auto made = db::Connection::createForWriting(path(), 4096);
        REQUIRE(made);
        REQUIRE(made.value()->execute("CREATE TABLE rows(bytes BLOB)"));
        made.value().reset();
        for (auto* connection : {&writer, &mover}) {
            auto opened = db::Connection::openForWriting(path());
            REQUIRE(opened);
            *connection = std::move(opened).value();
        }
        mover->setFileGrowth(kFileGrowthBytes);
        auto prepared = FileRoom::prepare(*writer);
        REQUIRE(prepared);
        room = std::move(prepared).value();
    }

    void insert(int64_t bytes) {
        REQUIRE(writer->execute("BEGIN IMMEDIATE"));
        REQUIRE(writer->execute(
            base::cat("INSERT INTO rows VALUES (printf('%.*c', ", bytes, ", 'x'))")));
    }
    std::string path() const { return directory_ / "store/a.db"; }

  private:
    test::TemporaryDirectory directory_;

  public:
    const test::SmallDisk disk{directory_ / "store", 8};
    std::unique_ptr<db::Connection> writer;
    std::unique_ptr<db::Connection> mover;
    std::unique_ptr<FileRoom> room;
};

TEST_CASE(
    "file room: what a transaction has reserved is there although a checkpoint ends meanwhile") {
    Scene scene;
    scene.insert(kFileGrowthBytes / 2);
    REQUIRE(scene.room->reserve());
    REQUIRE(scene.writer->execute("COMMIT"));

    scene.insert(3 * kFileGrowthBytes / 2);
    REQUIRE(scene.room->reserve());
    const auto reserved = std::filesystem::file_size(scene.path());
    CHECK(reserved > 2 * kFileGrowthBytes);
    const auto moved = scene.mover->checkpointPassive();
    REQUIRE(moved);
    REQUIRE(moved.value().moved_pages == moved.value().wal_pages);
    CHECK(std::filesystem::file_size(scene.path()) == reserved);
    REQUIRE(scene.writer->execute("COMMIT"));
    if (!scene.disk.isMounted()) {
        MESSAGE("skipped: mounting a tmpfs is not permitted here");
        return;
    }

    // The log can be moved on a disk that takes nothing more, and be written from its beginning.
    scene.disk.fill();
    CHECK(scene.mover->checkpointPassive().ok());
    CHECK(scene.writer->execute("DELETE FROM rows").ok());
    CHECK(db::askInteger(*scene.writer, "SELECT count(*) FROM rows").value() == 0);
}

}  // namespace
}  // namespace evd::store
