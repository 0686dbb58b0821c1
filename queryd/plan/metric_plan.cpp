#include "queryd/plan/metric_plan.h"

namespace evd::queryd {

using wire::RollupFunction;

MetricField::Kind metricFieldKind(std::string_view name) {
    using Kind = MetricField::Kind;
    return name == "timestamp" ? Kind::Timestamp
           : name == "name"    ? Kind::Name
           : name == "type"    ? Kind::Type
           : name == "value"   ? Kind::Value
                               : Kind::Label;
}

RollupFunction windowFunctionOf(SeriesFunction function) {
    switch (function) {
        case SeriesFunction::Avg:
            return RollupFunction::Avg;
        case SeriesFunction::Min:
            return RollupFunction::Min;
        case SeriesFunction::Max:
            return RollupFunction::Max;
        case SeriesFunction::Sum:
            return RollupFunction::Sum;
    }
    return RollupFunction::Avg;
}

std::optional<RollupFunction> sampleFunctionOf(ValueFunction transform, SeriesFunction function) {
    if (transform == ValueFunction::Rate && function == SeriesFunction::Avg) {
        return RollupFunction::Rate;
    }
    const bool is_summed = function == SeriesFunction::Sum || function == SeriesFunction::Avg;
    if (transform == ValueFunction::Delta && is_summed) {
        return RollupFunction::Delta;
    }
    return std::nullopt;
}

}  // namespace evd::queryd
