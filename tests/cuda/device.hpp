// The words and functions of CUDA C++ that kernels may use. What is not here, none uses; see twin.hpp.
#pragma once
#pragma GCC system_header  // warnings are about kernels
#include "twin.hpp"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __constant__
#define __align__(bytes) alignas(bytes)
#define __launch_bounds__(...)
#define __shared__ static __attribute__((section("twin_shared"), used))

struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(4) uchar4 { unsigned char x, y, z, w; };
using dim3 = uint3;


inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

// ---- threads that wait for each other

inline void __syncthreads(int line = __builtin_LINE()) { twin::wait_for_block("__syncthreads", line); }

inline void __syncwarp(unsigned mask = twin::FULL, int line = __builtin_LINE()) {
    twin::wait_for_warp(mask, 0, __func__, line);
}

template <class T> T __shfl_sync(unsigned mask, T value, int lane, int width = 32, int line = __builtin_LINE()) {
    twin::wait_for_warp(mask, twin::as_sent(value), __func__, line);
    return twin::from_lane<T>((twin::lane() & ~(width - 1)) | (lane & (width - 1)));
}

template <class T> T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, int line = __builtin_LINE()) {
    twin::wait_for_warp(mask, twin::as_sent(value), __func__, line);
    unsigned self = twin::lane(), within = self & (width - 1);
    return twin::from_lane<T>(within + by < unsigned(width) ? self + by : self);
}

template <class T> T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, int line = __builtin_LINE()) {
    twin::wait_for_warp(mask, twin::as_sent(value), __func__, line);
    unsigned self = twin::lane(), within = self & (width - 1);
    return twin::from_lane<T>(within >= by ? self - by : self);
}

template <class T> T __shfl_xor_sync(unsigned mask, T value, int with, int width = 32, int line = __builtin_LINE()) {
    twin::wait_for_warp(mask, twin::as_sent(value), __func__, line);
    unsigned self = twin::lane(), other = self ^ unsigned(with);
    return twin::from_lane<T>(other / width <= self / width ? other : self);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, int line = __builtin_LINE()) {
    twin::wait_for_warp(mask, predicate != 0, __func__, line);
    unsigned votes = 0;
    for (unsigned i = 0; i < twin::WARP; i++) votes |= unsigned(twin::from_lane<uint64_t>(i)) << i;
    return votes;
}

inline int __any_sync(unsigned mask, int predicate, int line = __builtin_LINE()) {
    return __ballot_sync(mask, predicate, line) != 0;
}

inline int __all_sync(unsigned mask, int predicate, int line = __builtin_LINE()) {
    return __ballot_sync(mask, predicate, line) == twin::FULL;
}

// Threads never run at the same time here.
template <class T> T atomicAdd(T* address, T value) {
    T old = *address;
    *address = old + value;
    return old;
}

// ---- numbers

template <class To, class From> To twin_bits(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}
inline unsigned __float_as_uint(float x) { return twin_bits<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return twin_bits<float>(x); }
inline int __float_as_int(float x) { return twin_bits<int>(x); }
inline float __int_as_float(int x) { return twin_bits<float>(x); }

inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned((uint64_t(a) * b) >> 32); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(unsigned(x)); }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
template <class T> T __ldg(const T* address) { return *address; }

#define TWIN_LEAST_AND_MOST(T)                          \
    inline T min(T a, T b) { return b < a ? b : a; }    \
    inline T max(T a, T b) { return a < b ? b : a; }
TWIN_LEAST_AND_MOST(int)
TWIN_LEAST_AND_MOST(unsigned)
TWIN_LEAST_AND_MOST(long long)
TWIN_LEAST_AND_MOST(unsigned long long)
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }

// ---- what the compiler's checks (-fsanitize) call; they hand over where in the source it was

struct TwinPlace {
    const char* file;
    unsigned line, column;
};
#define TWIN_CHECK(name, what)                                                                        \
    extern "C" __attribute__((visibility("hidden"))) void __ubsan_handle_##name##_abort(void* place, ...) { \
        const TwinPlace* at = static_cast<TwinPlace*>(place);                                         \
        twin::fail("%s on line %u of %s", what, at->line, at->file);                                  \
    }
TWIN_CHECK(out_of_bounds, "index outside its array")
TWIN_CHECK(type_mismatch_v1, "address not aligned for its type, or null,")
TWIN_CHECK(add_overflow, "sum larger than its type holds")
TWIN_CHECK(sub_overflow, "difference larger than its type holds")
TWIN_CHECK(mul_overflow, "product larger than its type holds")
TWIN_CHECK(negate_overflow, "negative larger than its type holds")
TWIN_CHECK(divrem_overflow, "division by zero")
TWIN_CHECK(shift_out_of_bounds, "shift by more bits than its type has")
TWIN_CHECK(float_cast_overflow, "number larger than its type holds")
