#include "common/config/file_registry.h"

#include "common/base/text.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <filesystem>
#include <fstream>

namespace base = evd::base;
namespace config = evd::config;

namespace {

class Folder {
  public:
    void write(const std::string& name, std::string_view text) const {
        std::ofstream(path + "/" + name) << text;
    }
    void writeBatch(const std::string& name, int size) const {
        write(name,
              base::cat(R"({"keys": [{"path": "Machine/System/eventd", "values": [)",
                        R"({"name": "MaxBatchSize", "type": "dword", "data": )", size, "}]}]}"));
    }
    evd::test::TemporaryDirectory directory;
    const std::string& path = directory.path();
};

// While it lives nothing can be opened, as when all descriptors are in use.
class NoDescriptors {
  public:
    NoDescriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const rlimit none{0, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    ~NoDescriptors() { (void)::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

  private:
    rlimit before_{};
};

config::RegistrySnapshot readWithoutDescriptors(config::FileRegistry& registry) {
    const NoDescriptors none;
    return registry.read();
}

uint64_t batchSize(const config::RegistrySnapshot& snapshot) {
    const auto found = snapshot.values.find("maxbatchsize");
    return found == snapshot.values.end() ? 0 : std::get<uint64_t>(*found->second.data);
}

}  // namespace

TEST_CASE("file registry: of a folder's .reg files the later name wins") {
    const Folder folder;
    folder.writeBatch("20-late.reg", 200);
    folder.writeBatch("10-early.reg", 100);
    folder.writeBatch("30-other.txt", 300);
    config::FileRegistry registry({folder.path});
    CHECK(batchSize(registry.read()) == 200);
}

TEST_CASE("file registry: a later path wins over an earlier one") {
    const Folder folder;
    folder.writeBatch("a.reg", 100);
    folder.writeBatch("b.reg", 200);
    config::FileRegistry registry({folder.path + "/b.reg", folder.path + "/a.reg"});
    CHECK(batchSize(registry.read()) == 100);
}

TEST_CASE("file registry: a file that goes bad keeps its last good values and is reported") {
    const Folder folder;
    folder.writeBatch("a.reg", 150);
    config::FileRegistry registry({folder.path});
    CHECK(registry.read().problems.empty());
    folder.write("a.reg", "{ nonsense");
    const auto snapshot = registry.read();
    CHECK(batchSize(snapshot) == 150);
    REQUIRE(snapshot.problems.size() == 1);
    CHECK(snapshot.problems[0].source == folder.path + "/a.reg");
}

TEST_CASE("file registry: a file that is gone loses its values") {
    const Folder folder;
    folder.writeBatch("a.reg", 150);
    config::FileRegistry registry({folder.path});
    CHECK(batchSize(registry.read()) == 150);
    std::filesystem::remove(folder.path + "/a.reg");
    CHECK(batchSize(registry.read()) == 0);
}

TEST_CASE(
    "file registry: of a folder that cannot be listed stays what was good, and it is reported") {
    const Folder folder;
    folder.writeBatch("a.reg", 150);
    folder.writeBatch("b.reg", 160);
    for (const char* end : {"", "/"}) {
        config::FileRegistry registry({folder.path + end});
        CHECK(batchSize(registry.read()) == 160);
        const auto snapshot = readWithoutDescriptors(registry);
        CHECK(batchSize(snapshot) == 160);
        REQUIRE_FALSE(snapshot.problems.empty());
        CHECK(snapshot.problems[0].source == folder.path + end);
        CHECK(registry.read().problems.empty());
    }
    config::FileRegistry never({folder.path});
    CHECK_FALSE(readWithoutDescriptors(never).is_complete);
}

TEST_CASE("file registry: of a path that cannot be looked at stays what was good") {
    const Folder folder;
    std::filesystem::create_directories(folder.path + "/real/sub");
    std::filesystem::create_directory_symlink("real", folder.path + "/link");
    folder.writeBatch("real/sub/a.reg", 150);
    folder.writeBatch("real/b.reg", 160);
    for (const char* path : {"/link/sub", "/link/b.reg"}) {
        config::FileRegistry registry({folder.path + path});
        const uint64_t before = batchSize(registry.read());
        CHECK(before != 0);
        std::filesystem::remove(folder.path + "/link");
        std::filesystem::create_directory_symlink("link", folder.path + "/link");  // ELOOP
        const auto snapshot = registry.read();
        CHECK(batchSize(snapshot) == before);
        CHECK_FALSE(snapshot.problems.empty());
        std::filesystem::remove(folder.path + "/link");
        std::filesystem::create_directory_symlink("real", folder.path + "/link");
        CHECK(registry.read().problems.empty());
    }
}

TEST_CASE("file registry: a file that others push beyond the most that are read keeps its values") {
    const Folder folder;
    folder.writeBatch("z.reg", 150);
    config::FileRegistry registry({folder.path});
    CHECK(batchSize(registry.read()) == 150);
    for (size_t i = 1; i < config::kRegistryFilesMax; ++i) {
        folder.write(base::cat("a", i, ".reg"), R"({"keys": []})");
    }
    CHECK(registry.read().problems.empty());
    folder.write("b.reg", R"({"keys": []})");
    const auto snapshot = registry.read();
    CHECK(batchSize(snapshot) == 150);
    CHECK(snapshot.problems.size() == 1);
    CHECK_FALSE(snapshot.is_complete);
    std::filesystem::remove(folder.path + "/z.reg");
    CHECK(batchSize(registry.read()) == 0);
}

TEST_CASE("file registry: a path that is not there is reported, a folder in place of a file read") {
    const Folder folder;
    config::FileRegistry registry({folder.path + "/none.reg"});
    CHECK(registry.read().problems.size() == 1);
    config::FileRegistry empty({folder.path});
    CHECK(empty.read().problems.empty());
}

TEST_CASE("file registry: a folder named like a file is not read as one") {
    const Folder folder;
    std::filesystem::create_directory(folder.path + "/x.reg");
    config::FileRegistry registry({folder.path});
    CHECK(registry.read().problems.size() == 1);
}

TEST_CASE("file registry: it says when something in it was never known") {
    const Folder folder;
    folder.writeBatch("a.reg", 100);
    config::FileRegistry registry({folder.path});
    CHECK(registry.read().is_complete);
    folder.write("b.reg", "{ \"broken");
    CHECK_FALSE(registry.read().is_complete);
    folder.writeBatch("b.reg", 200);
    CHECK(registry.read().is_complete);
    folder.write("b.reg", "{ \"broken");  // known from before
    const auto snapshot = registry.read();
    CHECK(snapshot.is_complete);
    CHECK(batchSize(snapshot) == 200);
    CHECK_FALSE(config::FileRegistry({folder.path + "/none"}).read().is_complete);
}

TEST_CASE(
    "file registry: of more files than the limit the first by name are read, and it is said") {
    const Folder folder;
    for (size_t i = 0; i < config::kRegistryFilesMax; ++i) {
        folder.write(base::cat(i + 1'000'000, ".reg"), R"({"keys": []})");
    }
    config::FileRegistry registry({folder.path});
    CHECK(registry.read().is_complete);
    CHECK(registry.read().problems.empty());
    folder.writeBatch("2000000.reg", 200);
    const auto snapshot = registry.read();
    CHECK_FALSE(snapshot.is_complete);
    REQUIRE(snapshot.problems.size() == 1);
    CHECK(snapshot.problems[0].reason == "at most 1000 registry files are read");
    CHECK(batchSize(snapshot) == 0);
}
