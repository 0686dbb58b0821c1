#include "queryd/exec/number_sum.h"

#include <limits>

namespace evd::queryd {

void NumberSum::add(const Value& value) {
    switch (value.kind) {
        case Value::Kind::Int:
            integers_ += value.int_value;
            break;
        case Value::Kind::Uint:
            integers_ += static_cast<__int128>(value.uint_value);
            break;
        case Value::Kind::Float:
            floats_ += value.float_value;
            has_floats_ = true;
            break;
        case Value::Kind::Null:
        case Value::Kind::Boolean:
        case Value::Kind::Text:
        case Value::Kind::Bytes:
        case Value::Kind::Extension:
        case Value::Kind::Array:
        case Value::Kind::Map:
            return;
    }
    ++count_;
}

void NumberSum::merge(const NumberSum& other) {
    integers_ += other.integers_;
    floats_ += other.floats_;
    has_floats_ = has_floats_ || other.has_floats_;
    count_ += other.count_;
}

double NumberSum::total() const {
    return static_cast<double>(integers_) + floats_;
}

Value NumberSum::sum() const {
    if (count_ == 0) {
        return {};
    }
    if (has_floats_ || integers_ < std::numeric_limits<int64_t>::min() ||
        integers_ > static_cast<__int128>(std::numeric_limits<uint64_t>::max())) {
        return Value::ofFloat(total());
    }
    return integers_ < 0 ? Value::ofInt(static_cast<int64_t>(integers_))
                         : Value::ofUint(static_cast<uint64_t>(integers_));
}

Value NumberSum::mean() const {
    return count_ == 0 ? Value() : Value::ofFloat(total() / static_cast<double>(count_));
}

}  // namespace evd::queryd
