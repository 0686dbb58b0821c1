// The registry of a Peios kernel, against a fake one at the system-call boundary (FakeLcs): no LCS
// runs here.

#include "common/config/lcs_registry.h"

#include "common/access/pattern_table.h"
#include "common/config/configuration.h"
#include "common/config/lcs_values.h"
#include "tests/support/fake_lcs.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <algorithm>
#include <filesystem>

namespace config = evd::config;
using config::LcsRegistry;
using evd::test::bytesOf;
using evd::test::FakeLcs;

namespace {

const std::string kRoot(config::kRegistryRoot);
const std::string kEvents = kRoot + "\\Security\\Events";

const config::RegistryValue* valueOf(const config::RegistrySnapshot& snapshot,
                                     const std::string& folded) {
    const auto found = snapshot.values.find(folded);
    return found == snapshot.values.end() ? nullptr : &found->second;
}

bool saysOf(const config::RegistrySnapshot& snapshot, std::string_view key,
            std::string_view reason) {
    return std::any_of(snapshot.problems.begin(), snapshot.problems.end(), [&](const auto& one) {
        return one.key.ends_with(key) && one.reason.find(reason) != std::string::npos;
    });
}

// A registry with everything that is required, and the default descriptors.
void fill(FakeLcs& lcs) {
    for (const char* name : {"EventStorePath", "LogStorePath", "MetricStorePath", "QuerySocketPath",
                             "LogSocketPath", "MetricSocketPath"}) {
        lcs.set(kRoot, name, config::kLcsSz, bytesOf(std::string("/x/") + name));
    }
    std::vector<std::string> created;
    CHECK(config::createLcsDefaults(lcs, true, created).empty());
}

// Our key is created, and set, just before a watch above it is armed: that one never tells of it.
class LateKey final : public FakeLcs {
  public:
    int notify(int key, const config::LcsNotify& arguments) const override {
        if (arguments.filter == config::kLcsWatchSubkeys) {
            addKey(kRoot);
            keys[kRoot].values["MaxBatchSize"] = {config::kLcsDword, bytesOf(500, 4)};
        }
        return FakeLcs::notify(key, arguments);
    }
};

// Our key is there at every second look.
class FlickeringKey final : public FakeLcs {
  public:
    int openKey(int parent, const char* path, uint32_t access) const override {
        if (parent < 0 && path == kRoot && ++looks % 2 == 1) {
            return -ENOENT;
        }
        return FakeLcs::openKey(parent, path, access);
    }
    mutable int looks = 0;
};

bool isReadable(const LcsRegistry& registry, int wait_ms) {
    pollfd one{registry.changeFd(), POLLIN, 0};
    return ::poll(&one, 1, wait_ms) == 1;
}

size_t openDescriptors() {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("lcs registry: values of our key and of those below it come with their types") {
    FakeLcs lcs;
    fill(lcs);
    lcs.set(kRoot, "MaxBatchSize", config::kLcsDword, bytesOf(500, 4));
    lcs.set(kRoot, "MaxQueryMemoryBytes", config::kLcsQword, bytesOf(1ULL << 30, 8));
    lcs.set(kRoot + "\\Linux", "Sensors", config::kLcsMultiSz, bytesOf(std::string("a\0b\0\0", 5)));
    lcs.set(kEvents + "\\kacs", "", config::kLcsBinary, {1, 2});
    LcsRegistry registry(lcs);
    const auto snapshot = registry.read();
    CHECK(snapshot.is_complete);
    CHECK(snapshot.problems.empty());
    REQUIRE(valueOf(snapshot, "maxbatchsize") != nullptr);
    CHECK(*valueOf(snapshot, "maxbatchsize")->data == config::SettingValue(uint64_t{500}));
    CHECK(valueOf(snapshot, "maxbatchsize")->type == config::ValueType::Dword);
    CHECK(*valueOf(snapshot, "maxquerymemorybytes")->data ==
          config::SettingValue(uint64_t{1} << 30));
    CHECK(*valueOf(snapshot, "linux\\sensors")->data ==
          config::SettingValue(std::vector<std::string>{"a", "b"}));
    REQUIRE(valueOf(snapshot, "security\\events\\kacs\\@") != nullptr);
    CHECK(valueOf(snapshot, "security\\events\\kacs\\@")->source == "LCS");
}

TEST_CASE("lcs registry: a configuration is made of it like of any other") {
    FakeLcs lcs;
    fill(lcs);
    lcs.set(kRoot, "MaxBatchSize", config::kLcsDword, bytesOf(500, 4));
    LcsRegistry registry(lcs);
    auto loaded = config::loadConfiguration({&registry, "", nullptr});
    CHECK(loaded.usable());
    CHECK(loaded.problems.empty());
    CHECK(loaded.settings.number("MaxBatchSize") == 500);
    // Spec §12: of another type than the key has, a value is no value.
    lcs.set(kRoot, "MaxBatchSize", config::kLcsQword, bytesOf(600, 8));
    const config::Settings before = loaded.settings;
    loaded = config::loadConfiguration({&registry, "", &before});
    CHECK(loaded.settings.number("MaxBatchSize") == 500);
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].reason.find("must be of type dword") != std::string::npos);
}

TEST_CASE("lcs registry: bytes that are not what their type says are reported and are no value") {
    FakeLcs lcs;
    fill(lcs);
    lcs.set(kRoot, "A", config::kLcsDword, bytesOf(1, 8));
    lcs.set(kRoot, "B", config::kLcsQword, bytesOf(1, 4));
    lcs.set(kRoot, "C", config::kLcsSz, bytesOf("\xff"));
    lcs.set(kRoot, "D", config::kLcsSz, bytesOf(std::string("a\0b", 3)));
    lcs.set(kRoot, "E", config::kLcsMultiSz, bytesOf(std::string("a\0\0b", 4)));
    lcs.set(kRoot, "F", 5, bytesOf(1, 4));  // big-endian
    lcs.set(kRoot, "G", config::kLcsSz, bytesOf(std::string("ends\0", 5)));
    LcsRegistry registry(lcs);
    const auto snapshot = registry.read();
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
        REQUIRE(valueOf(snapshot, name) != nullptr);
        CHECK_FALSE(valueOf(snapshot, name)->data);
    }
    CHECK(snapshot.problems.size() == 6);
    CHECK(saysOf(snapshot, "\\A", "8 bytes, its type needs 4"));
    CHECK(saysOf(snapshot, "\\F", "type 5"));
    CHECK(*valueOf(snapshot, "g")->data == config::SettingValue(std::string("ends")));
}

TEST_CASE("lcs registry: a value at the limit of LCS is read, and one byte more is none") {
    FakeLcs lcs;
    fill(lcs);
    lcs.set(kRoot, "Long", config::kLcsSz, bytesOf(std::string(config::kLcsValueBytesMax, 'x')));
    LcsRegistry registry(lcs);
    const auto at = registry.read();
    CHECK(at.problems.empty());
    CHECK(valueOf(at, "long")->data);
    lcs.set(kRoot, "Long", config::kLcsSz,
            bytesOf(std::string(config::kLcsValueBytesMax + 1, 'x')));
    const auto above = registry.read();
    CHECK(saysOf(above, "\\Long", "has more than"));
    CHECK_FALSE(valueOf(above, "long")->data);
}

TEST_CASE("lcs registry: a text that is to be expanded is read as that, and fits no setting") {
    FakeLcs lcs;
    fill(lcs);
    lcs.set(kRoot, "QuerySocketPath", config::kLcsExpandSz, bytesOf("/x/%A%"));
    lcs.set(kRoot, "L", config::kLcsMultiSz, bytesOf("\xff"));
    LcsRegistry registry(lcs);
    const auto snapshot = registry.read();
    CHECK(valueOf(snapshot, "querysocketpath")->type == config::ValueType::Expand);
    CHECK(saysOf(snapshot, "\\L", "not UTF-8"));
    CHECK_FALSE(config::loadConfiguration({&registry, "", nullptr}).usable());
}

TEST_CASE("lcs registry: answers longer than the buffer are asked for again, but not for ever") {
    FakeLcs lcs;
    fill(lcs);
    lcs.set(kRoot, "Long", config::kLcsBinary, std::vector<uint8_t>(100'000, 7));
    lcs.addKey(kRoot + "\\" + std::string(400, 'k'));  // longer than LCS allows today
    lcs.growing_rounds = 3;
    LcsRegistry registry(lcs);
    CHECK(registry.read().is_complete);
    CHECK(lcs.growing_rounds == 0);
    lcs.growing_rounds = 1'000'000;
    CHECK(saysOf(registry.read(), kRoot, "EBUSY"));
    lcs.growing_rounds = 0;
    lcs.set(kRoot, "Long", config::kLcsBinary,
            std::vector<uint8_t>(config::kLcsAnswerBytesMax + 1, 7));
    CHECK(saysOf(registry.read(), kRoot, "E2BIG"));
}

TEST_CASE("lcs registry: a kernel that counts otherwise than it writes is not believed") {
    for (const int error : {1, -1}) {
        FakeLcs lcs;
        fill(lcs);
        lcs.false_count = error;
        LcsRegistry registry(lcs);
        const auto snapshot = registry.read();
        CHECK_FALSE(snapshot.is_complete);
        CHECK(saysOf(snapshot, kRoot, "EPROTO"));
    }
}

TEST_CASE(
    "lcs registry: a kernel that says it wrote more than there was room for is not believed") {
    FakeLcs lcs;
    fill(lcs);
    LcsRegistry registry(lcs);
    CHECK(registry.read().is_complete);
    lcs.false_bytes = 1U << 20;
    CHECK(saysOf(registry.read(), kRoot, "EPROTO"));
    lcs.false_bytes = 0;
    lcs.false_name_bytes = 1U << 20;
    CHECK(saysOf(registry.read(), kRoot, "EPROTO"));
}

TEST_CASE("lcs registry: when it does not answer or denies a part, what was known stays") {
    for (const int error : {-EIO, -ETIMEDOUT, -EACCES, -ENOMEM}) {
        FakeLcs lcs;
        fill(lcs);
        lcs.set(kRoot, "MaxBatchSize", config::kLcsDword, bytesOf(500, 4));
        LcsRegistry registry(lcs);
        CHECK(registry.read().is_complete);
        for (auto* errors : {&lcs.open_errors, &lcs.query_errors}) {
            (*errors)[kEvents] = error;
            const auto snapshot = registry.read();
            CHECK(snapshot.is_complete);
            CHECK(valueOf(snapshot, "maxbatchsize") != nullptr);
            CHECK(valueOf(snapshot, "security\\events\\*") != nullptr);
            CHECK(saysOf(snapshot, kRoot, "keeping what was"));
            errors->clear();
        }
        CHECK(registry.read().problems.empty());
    }
}

TEST_CASE("lcs registry: one that never answered is not known, and shows nothing to anybody else") {
    FakeLcs lcs;
    fill(lcs);
    lcs.open_errors[kRoot] = -EIO;
    LcsRegistry registry(lcs);
    const auto loaded = config::loadConfiguration({&registry, "", nullptr});
    CHECK_FALSE(loaded.usable());
    CHECK(loaded.settings.security() == evd::access::systemPolicy());  // decision 0008
}

TEST_CASE("lcs registry: a key that goes while it is read is one that was not there") {
    FakeLcs lcs;
    fill(lcs);
    lcs.set(kRoot + "\\Linux", "BootId", config::kLcsSz, bytesOf("x"));
    lcs.open_errors[kRoot + "\\Linux"] = -ENOENT;
    LcsRegistry registry(lcs);
    const auto snapshot = registry.read();
    CHECK(snapshot.is_complete);
    CHECK(snapshot.problems.empty());
    CHECK(valueOf(snapshot, "linux\\bootid") == nullptr);
}

TEST_CASE("lcs registry: trees that are too deep or too wide are not read at all") {
    FakeLcs deep;
    fill(deep);
    std::string path = kRoot;
    for (size_t i = 0; i <= config::kLcsDepthMax; ++i) {
        path += "\\k";
    }
    deep.addKey(path);
    LcsRegistry deep_registry(deep);
    CHECK(saysOf(deep_registry.read(), kRoot, "E2BIG"));
    deep.removeTree(path);
    CHECK(deep_registry.read().problems.empty());
    FakeLcs wide;
    fill(wide);
    for (size_t i = 0; i < config::kLcsValuesMax; ++i) {
        wide.set(kRoot, evd::base::cat("v", i), config::kLcsDword, bytesOf(1, 4));
    }
    LcsRegistry wide_registry(wide);
    CHECK(saysOf(wide_registry.read(), kRoot, "E2BIG"));
}

TEST_CASE("lcs registry: without a default descriptor nobody may see anything of the kind") {
    FakeLcs lcs;  // Spec §9.1, Ruling A10
    fill(lcs);
    lcs.keys[kEvents].values.erase("*");
    LcsRegistry registry(lcs);
    const auto loaded = config::loadConfiguration({&registry, "", nullptr});
    const evd::access::PatternTable table(loaded.settings.security());
    using Answer = evd::access::ResolvedPattern::Answer;
    CHECK(table.resolve(evd::access::ObjectKind::Events, "a.b").answer == Answer::Closed);
    CHECK(table.resolve(evd::access::ObjectKind::Logs, "a.b").answer == Answer::Ask);
    CHECK(saysOf(registry.read(), "Events\\*", "nobody may see any events"));
    lcs.set(kEvents + "\\*", "", config::kLcsBinary, {});  // the other place for it (Ruling A6)
    CHECK(registry.read().problems.empty());
}

TEST_CASE("lcs defaults: the first start creates those that are missing, and no others") {
    FakeLcs lcs;
    lcs.addKey("Machine\\System");
    lcs.set(kRoot + "\\Security\\Logs", "*", config::kLcsBinary, {9});
    std::vector<std::string> created;
    CHECK(config::createLcsDefaults(lcs, true, created).empty());
    CHECK(created == std::vector<std::string>{"Security\\Events\\*", "Security\\Metrics\\*"});
    CHECK(lcs.keys[kRoot + "\\Security\\Logs"].values["*"].data == std::vector<uint8_t>{9});
    const auto& value = lcs.keys[kEvents].values["*"];
    CHECK(value.type == config::kLcsBinary);
    evd::access::SecurityRule rule{"*", value.data, true};
    CHECK(evd::access::ruleText(rule) == evd::access::defaultSddl(evd::access::ObjectKind::Events));
    created.clear();
    CHECK(config::createLcsDefaults(lcs, true, created).empty());
    CHECK(created.empty());
}

TEST_CASE("lcs defaults: one that somebody has taken out of its key stays out at later starts") {
    FakeLcs lcs;
    fill(lcs);
    lcs.keys[kEvents].values.erase("*");
    lcs.removeTree(kRoot + "\\Security\\Logs");
    std::vector<std::string> created;
    CHECK(config::createLcsDefaults(lcs, false, created).empty());
    CHECK(created == std::vector<std::string>{"Security\\Logs\\*"});
}

TEST_CASE("lcs defaults: what cannot be created is said, and nothing is opened by it") {
    FakeLcs lcs;
    lcs.addKey(kRoot);
    lcs.create_error = -EACCES;
    std::vector<std::string> created;
    const auto problems = config::createLcsDefaults(lcs, true, created);
    CHECK(created.empty());
    REQUIRE(problems.size() == 3);
    CHECK(problems[0].key == kEvents + "\\*");
    lcs.open_errors[kRoot] = -EIO;
    CHECK(config::createLcsDefaults(lcs, true, created).size() == 1);
}

TEST_CASE("lcs watch: it is armed before reading, on our key with all that is below") {
    FakeLcs lcs;
    fill(lcs);
    LcsRegistry registry(lcs);
    (void)registry.read();
    (void)registry.read();
    CHECK(lcs.watched == std::vector<std::string>{kRoot});  // once
    CHECK(lcs.watch_filters[0] == config::kLcsWatchAll);
    CHECK_FALSE(registry.takeChanges());
    lcs.pending.push_back(FakeLcs::event(1));
    CHECK(registry.takeChanges());
    CHECK_FALSE(registry.takeChanges());
    (void)registry.read();
    CHECK(lcs.watched.size() == 1);
}

TEST_CASE("lcs watch: an overflow means reading anew, on the same watch") {
    FakeLcs lcs;
    fill(lcs);
    LcsRegistry registry(lcs);
    (void)registry.read();
    lcs.pending.push_back(FakeLcs::event(config::kLcsOverflow));
    CHECK(registry.takeChanges());
    (void)registry.read();
    CHECK(lcs.watched.size() == 1);
}

TEST_CASE("lcs watch: a key that vanishes is waited for at the one above it, and found again") {
    FakeLcs lcs;
    fill(lcs);
    LcsRegistry registry(lcs);
    (void)registry.read();
    lcs.removeTree(kRoot);
    lcs.pending.push_back(FakeLcs::event(config::kLcsKeyDeleted));
    CHECK(registry.takeChanges());
    const auto empty = registry.read();
    CHECK(empty.is_complete);
    CHECK(valueOf(empty, "eventstorepath") == nullptr);
    CHECK(lcs.watched.back() == "Machine\\System");
    CHECK(lcs.watch_filters.back() == config::kLcsWatchSubkeys);
    fill(lcs);
    lcs.pending.push_back(FakeLcs::event(3));
    CHECK(registry.takeChanges());
    CHECK(valueOf(registry.read(), "eventstorepath") != nullptr);
    CHECK(lcs.watched.back() == kRoot);
}

TEST_CASE("lcs watch: a key that comes while the one above it is being watched is watched itself") {
    LateKey lcs;
    lcs.addKey("Machine\\System");
    LcsRegistry registry(lcs);
    CHECK(valueOf(registry.read(), "maxbatchsize") != nullptr);
    CHECK(lcs.watched == std::vector<std::string>{"Machine\\System", kRoot});
    CHECK(lcs.watch_filters.back() == config::kLcsWatchAll);
}

TEST_CASE("lcs watch: a key that comes and goes all the time is looked at again later") {
    FlickeringKey lcs;
    fill(lcs);
    lcs.looks = 0;
    LcsRegistry registry(lcs, 1);
    const auto snapshot = registry.read();
    CHECK(saysOf(snapshot, kRoot, "cannot be watched"));
    CHECK(lcs.watched.size() < 20);
    CHECK(isReadable(registry, 5000));
}

TEST_CASE("lcs watch: nonsense and errors from a watch make a new one") {
    const std::vector<std::vector<uint8_t>> nonsense = {
        bytesOf(7, 4), bytesOf(4, 8), bytesOf(100, 8), {}};
    for (const auto& record : nonsense) {
        FakeLcs lcs;
        fill(lcs);
        LcsRegistry registry(lcs);
        (void)registry.read();
        lcs.pending.push_back(record);
        const bool told = registry.takeChanges();
        (void)registry.read();
        CHECK(told == !record.empty());
        CHECK(lcs.watched.size() == (record.empty() ? 1 : 2));
    }
}

TEST_CASE("lcs watch: when the registry does not answer, reading is tried again by itself") {
    FakeLcs lcs;
    fill(lcs);
    LcsRegistry registry(lcs, 1);
    (void)registry.read();
    CHECK_FALSE(isReadable(registry, 0));
    lcs.query_errors[kRoot] = -ETIMEDOUT;
    (void)registry.read();
    CHECK(isReadable(registry, 5000));
    CHECK(registry.takeChanges());
    lcs.query_errors.clear();
    CHECK(registry.read().problems.empty());
    CHECK_FALSE(isReadable(registry, 20));
}

TEST_CASE("lcs watch: what cannot be watched is read all the same, and tried again") {
    FakeLcs lcs;
    fill(lcs);
    lcs.notify_error = -EACCES;
    LcsRegistry registry(lcs, 1);
    const auto snapshot = registry.read();
    CHECK(snapshot.is_complete);
    CHECK(saysOf(snapshot, kRoot, "cannot be watched (EACCES)"));
    CHECK(isReadable(registry, 5000));
}

TEST_CASE("lcs registry: no reading leaves a descriptor open but that of the watch") {
    FakeLcs lcs;
    fill(lcs);
    LcsRegistry registry(lcs);
    (void)registry.read();
    const size_t before = openDescriptors();
    (void)registry.read();
    lcs.query_errors[kEvents] = -EIO;
    (void)registry.read();
    CHECK(openDescriptors() == before);
}

TEST_CASE("lcs calls: a kernel without them is told from one that refuses") {
    FakeLcs lcs;
    CHECK(config::hasLcs(lcs));
    lcs.is_absent = true;
    CHECK_FALSE(config::hasLcs(lcs));
    // The kernel of this machine says the one or the other, and nothing that is no error.
    const int here = config::kernelLcs().openKey(-1, "Machine", 0);
    CHECK(here < 0);
    CHECK(config::hasLcs(config::kernelLcs()) == (here != -ENOSYS && here != -EPERM));
}
