// What queryd needs of a database: to read it with no more than read access, in another process
// than the writer's, whatever the writer is doing. The reader process is forked before any
// connection is made, because SQLite shares a file's locks inside one process and would make the
// proof worthless. As root it becomes nobody; otherwise the folder and the files lose their write
// bits for it.

#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/db/sqlite.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace evd::db {
namespace {

constexpr uid_t kNobody = 65534;

// A process that counts the rows of table t each time it is asked. It keeps its connection while it
// works and opens a new one for a path it has not got, as queryd does.
class CountingReader {
  public:
    explicit CountingReader(std::string path) : path_(std::move(path)) {
        auto pair = base::makeSocketPair(SOCK_SEQPACKET);
        REQUIRE(pair);
        ours_ = std::move(pair.value().left);
        child_ = ::fork();
        REQUIRE(child_ >= 0);
        if (child_ == 0) {
            ours_.reset();
            serve(pair.value().right.get());
            ::_exit(0);
        }
    }
    ~CountingReader() {
        ours_.reset();
        ::waitpid(child_, nullptr, 0);
    }

    // The count, or the reason why there is none.
    std::string ask(char what = 'c') {
        const auto byte = static_cast<uint8_t>(what);
        REQUIRE(base::sendPacket(ours_.get(), {&byte, 1}));
        std::vector<uint8_t> buffer(1024);
        auto packet = base::receivePacket(ours_.get(), buffer);
        REQUIRE(packet);
        return std::string(base::asText({buffer.data(), packet.value().bytes}));
    }

  private:
    void serve(int fd) {
        if (::geteuid() == 0 && ::setuid(kNobody) != 0) {
            ::_exit(1);
        }
        std::unique_ptr<Connection> connection;
        uint8_t what = 0;
        while (base::receivePacket(fd, {&what, 1})) {
            if (what == 'n') {
                connection.reset();
            }
            const std::string answer = count(connection);
            if (!base::sendPacket(fd, base::asBytes(answer))) {
                return;
            }
        }
    }

    std::string count(std::unique_ptr<Connection>& connection) {
        if (connection == nullptr) {
            auto opened = Connection::openForReading(path_);
            if (!opened) {
                return opened.error().text;
            }
            connection = std::move(opened).value();
        }
        auto query = connection->prepare("SELECT count(*) FROM t");
        auto row = query ? query.value()->step() : base::Result<bool>(query.error());
        return row ? base::cat(query.value()->columnInteger(0),
                               connection->isImmutable() ? " immutable" : "")
                   : row.error().text;
    }

    std::string path_;
    base::Fd ours_;
    pid_t child_ = -1;
};

// A folder that the reader process can read and not write.
class ReadOnlyFolder {
  public:
    ReadOnlyFolder() { ::chmod(directory_.path().c_str(), 0755); }
    ~ReadOnlyFolder() { ::chmod(directory_.path().c_str(), 0755); }
    std::string path(const char* name) const { return directory_.path() + "/" + name; }
    // Without root the reader is of the same user; the writer has its files open already.
    void takeWriteAccess() const {
        if (::geteuid() != 0) {
            for (const char* name : {"a.db", "a.db-wal", "a.db-shm"}) {
                ::chmod(path(name).c_str(), 0444);
            }
            ::chmod(directory_.path().c_str(), 0555);
        }
    }

  private:
    test::TemporaryDirectory directory_;
};

void createTable(const std::string& path) {
    auto created = Connection::createForWriting(path, 4096);
    REQUIRE(created);
    REQUIRE(created.value()->execute("CREATE TABLE t(x)"));
}

TEST_CASE("read-only: a database that never had a writer is read as immutable") {
    const ReadOnlyFolder folder;
    CountingReader reader(folder.path("a.db"));
    createTable(folder.path("a.db"));
    folder.takeWriteAccess();
    CHECK(reader.ask() == "0 immutable");
}

TEST_CASE("read-only: a reader follows a live writer from its first commit on") {
    const ReadOnlyFolder folder;
    CountingReader reader(folder.path("a.db"));
    createTable(folder.path("a.db"));
    auto writer = Connection::openForWriting(folder.path("a.db"));
    REQUIRE(writer);
    REQUIRE(writer.value()->execute("INSERT INTO t VALUES (1)"));
    folder.takeWriteAccess();
    CHECK(reader.ask() == "1");
    REQUIRE(writer.value()->execute("INSERT INTO t VALUES (2)"));
    CHECK(reader.ask() == "2");
    REQUIRE(writer.value()->checkpointPassive());
    CHECK(reader.ask() == "2");
    REQUIRE(writer.value()->execute("INSERT INTO t VALUES (3)"));
    CHECK(reader.ask() == "3");
    CHECK(reader.ask('n') == "3");
}

TEST_CASE("read-only: a reader sees everything after the writer has closed cleanly") {
    const ReadOnlyFolder folder;
    CountingReader reader(folder.path("a.db"));
    createTable(folder.path("a.db"));
    {
        auto writer = Connection::openForWriting(folder.path("a.db"));
        REQUIRE(writer);
        REQUIRE(writer.value()->execute("INSERT INTO t VALUES (1)"));
        CHECK(reader.ask() == "1");
        REQUIRE(writer.value()->execute("INSERT INTO t VALUES (2)"));
    }
    folder.takeWriteAccess();
    CHECK(reader.ask() == "2");
    CHECK(reader.ask('n') == "2");
    CHECK(::access(folder.path("a.db-wal").c_str(), F_OK) == 0);
    CHECK(::access(folder.path("a.db-shm").c_str(), F_OK) == 0);
}

// Runs `work` in a process that ends without closing anything, as kill -9 would end it.
template <typename Work>
void inProcessThatDies(Work work) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        work();
        ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    REQUIRE(status == 0);
}

TEST_CASE("read-only: a reader sees every commit of a writer that was killed") {
    const ReadOnlyFolder folder;
    CountingReader kept(folder.path("a.db"));
    CountingReader late(folder.path("a.db"));
    createTable(folder.path("a.db"));
    inProcessThatDies([&] {
        auto writer = Connection::openForWriting(folder.path("a.db"));
        const bool done = writer && writer.value()->execute("INSERT INTO t VALUES (1)") &&
                          writer.value()->execute("INSERT INTO t VALUES (2)") &&
                          kept.ask() == "2" &&
                          writer.value()->execute("BEGIN; INSERT INTO t VALUES (3)");
        ::_exit(done ? 0 : 1);
    });
    folder.takeWriteAccess();
    CHECK(kept.ask() == "2");
    CHECK(late.ask() == "2");
}

TEST_CASE("read-only: a reader that stayed open follows the next writer") {
    const ReadOnlyFolder folder;
    CountingReader kept(folder.path("a.db"));
    CountingReader late(folder.path("a.db"));
    createTable(folder.path("a.db"));
    inProcessThatDies([&] {
        auto writer = Connection::openForWriting(folder.path("a.db"));
        const bool done = writer && writer.value()->execute("INSERT INTO t VALUES (1)") &&
                          writer.value()->execute("INSERT INTO t VALUES (2)") && kept.ask() == "2";
        ::_exit(done ? 0 : 1);
    });
    CHECK(late.ask() == "2");
    auto writer = Connection::openForWriting(folder.path("a.db"));
    REQUIRE(writer);
    REQUIRE(writer.value()->execute("INSERT INTO t VALUES (3)"));
    folder.takeWriteAccess();
    CHECK(kept.ask() == "3");
    CHECK(late.ask() == "3");
    REQUIRE(writer.value()->checkpointPassive());
    REQUIRE(writer.value()->execute("INSERT INTO t VALUES (4)"));
    CHECK(kept.ask() == "4");
    CHECK(late.ask() == "4");
    CHECK(late.ask('n') == "4");
}

}  // namespace
}  // namespace evd::db
