#include "queryd/evctl/output/columns.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using evd::evctl::displayOrder;

namespace {

std::vector<std::string> shown(const std::vector<std::string>& names) {
    std::vector<std::string> all;
    for (const size_t column : displayOrder(names)) {
        all.push_back(names[column]);
    }
    return all;
}

}  // namespace

TEST_CASE("columns: whole records begin with time and type, then the payload, then who and where") {
    const std::vector<std::string> names = {"timestamp",
                                            "cpu_id",
                                            "sequence",
                                            "origin_class",
                                            "event_type",
                                            "effective_token_guid",
                                            "true_token_guid",
                                            "process_guid",
                                            "boot_id",
                                            "pid",
                                            "name"};
    CHECK(shown(names) == std::vector<std::string>{"timestamp", "event_type", "pid", "name",
                                                   "process_guid", "effective_token_guid",
                                                   "true_token_guid", "origin_class", "cpu_id",
                                                   "sequence", "boot_id"});
}

TEST_CASE("columns: metric records end with their value, whatever labels came later") {
    const std::vector<std::string> names = {"timestamp", "name", "core", "value", "host"};
    CHECK(shown(names) == std::vector<std::string>{"timestamp", "name", "core", "host", "value"});
}

TEST_CASE("columns: what a question chose stays in its order") {
    const std::vector<std::string> names = {"name", "timestamp", "event_type", "cpu_id"};
    CHECK(shown(names) == names);
    CHECK(shown({}).empty());
}

TEST_CASE("columns: a whole record without a payload shows its header only") {
    const std::vector<std::string> names = {
        "timestamp",       "cpu_id",       "sequence",
        "origin_class",    "event_type",   "effective_token_guid",
        "true_token_guid", "process_guid", "boot_id"};
    const auto order = shown(names);
    CHECK(order.size() == names.size());
    CHECK(order[1] == "event_type");
    CHECK(order.back() == "boot_id");
}

TEST_CASE("columns: of whole records those go first that nobody looks at, of chosen ones none") {
    evd::evctl::Columns whole;
    for (const char* name :
         {"timestamp", "cpu_id", "sequence", "origin_class", "event_type", "effective_token_guid",
          "true_token_guid", "process_guid", "boot_id", "pid"}) {
        (void)whole.add(name);
    }
    const auto rank = [&](std::string_view name, bool is_constant) {
        return evd::evctl::hidingRank(whole, *whole.find(name), is_constant);
    };
    CHECK(rank("boot_id", true) > rank("process_guid", false));
    CHECK(rank("process_guid", false) > rank("cpu_id", false));
    CHECK(rank("cpu_id", false) > rank("pid", true));
    CHECK(rank("pid", true) > rank("pid", false));
    CHECK(rank("event_type", true) == 0);
    evd::evctl::Columns chosen;
    (void)chosen.add("boot_id");
    CHECK(evd::evctl::hidingRank(chosen, 0, true) == 0);
}
