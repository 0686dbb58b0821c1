// evd_fuzz_links: evd_queryd_exec evd_queryd_plan evd_queryd_lang evd_common_wire evd_common_base
// Conditions, order and encoding over hostile payload bytes. The input is a payload; the question
// is fixed and asks everything that can be asked of a value.

#include "common/base/text.h"
#include "common/wire/msgpack.h"
#include "common/wire/msgpack_path.h"
#include "queryd/exec/condition_eval.h"
#include "queryd/exec/group_table.h"
#include "queryd/exec/row_encoder.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/planner.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using evd::queryd::Value;

constexpr const char* kQuestion =
    "EVENTS WHERE (a == 1 OR a != 1.5 OR a < 0 OR a >= 18446744073709551615) OR "
    "(a STARTS_WITH x OR a ENDS_WITH \"\" OR a CONTAINS bc OR a HAS 1 OR a HAS text) OR "
    "a MATCHES \"[a-c]+x|^$\" OR NOT (a IN (1, \"t\", true, x\"00\") OR a NOT_IN (2, word) OR a IS "
    "NULL) OR a.b.c IS NOT NULL";

class PayloadFields final : public evd::queryd::FieldSource {
  public:
    PayloadFields(const evd::queryd::RecordPlan& plan, std::span<const uint8_t> payload)
        : plan_(plan), payload_(payload) {}
    Value field(size_t index) override {
        const auto found = evd::wire::findPath(payload_, plan_.fields[index].name);
        return found ? evd::queryd::valueOf(*found) : Value();
    }

  private:
    const evd::queryd::RecordPlan& plan_;
    std::span<const uint8_t> payload_;
};

void checkOrder(const Value& left, const Value& right) {
    const int order = evd::queryd::compareOrder(left, right);
    EVD_CHECK(order == -evd::queryd::compareOrder(right, left), "order is antisymmetric");
    std::string left_key;
    std::string right_key;
    evd::queryd::appendGroupKey(left, left_key);
    evd::queryd::appendGroupKey(right, right_key);
    EVD_CHECK(!evd::queryd::isEqual(left, right) || left_key == right_key,
              "equal values are one group");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const auto plan = evd::queryd::planQuery(evd::queryd::parseQuery(kQuestion).value(), 0);
    const std::span<const uint8_t> payload(data, size);
    PayloadFields fields(plan.value(), payload);
    for (const auto& condition : plan.value().on_row) {
        (void)evd::queryd::holds(condition, fields);
    }
    Value last;
    for (const auto& field : evd::wire::listFields(payload)) {
        const Value value = evd::queryd::valueOf(field.value);
        checkOrder(last, value);
        EVD_CHECK(evd::queryd::compareOrder(value, value) == 0, "a value is in order with itself");
        std::vector<uint8_t> encoded;
        evd::queryd::encodeValue(value, encoded);
        EVD_CHECK(evd::wire::validateMsgpack(encoded, evd::wire::kMsgpackDepthMax).ok(),
                  "what goes out is msgpack");
        last = value;
    }
    return 0;
}
