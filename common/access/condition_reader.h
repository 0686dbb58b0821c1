#pragma once

#include "common/access/attribute_value.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace evd::access {

// One token of an expression.
struct ConditionToken {
    uint8_t code = 0;
    Value value;       // of a literal; views the expression
    std::string name;  // of an attribute, UTF-8
};

enum class ReadOutcome { Token, End, Malformed };

// Takes the tokens of conditional bytecode one by one.
//
// The evaluator and the printer share it, so that both see the same expression. It never reads
// outside the bytes, which must outlive the reader and the tokens. Malformed covers everything
// that §3.11 does not allow: an unknown code, a length beyond the end, an odd or broken string, an
// integer that does not fit its width, composites nested deeper than kCompositeDepthMax, padding
// followed by something else. Not for two threads at once.
class ConditionReader {
  public:
    // The whole expression with its magic.
    explicit ConditionReader(std::span<const uint8_t> bytes);

    ReadOutcome next(ConditionToken& token);

  private:
    bool readLiteral(uint8_t code, Value& value, size_t depth);
    bool readInteger(uint8_t code, Value& value);
    bool readComposite(Value& value, size_t depth);
    bool readAttribute(std::string& name);
    std::optional<std::span<const uint8_t>> readSized();
    bool onlyPaddingLeft() const;

    std::span<const uint8_t> bytes_;
    size_t at_ = 0;
    bool broken_ = false;
};

}  // namespace evd::access
