// Rows of numbers: four features at a time, and sums over the threads of a warp or a block, always in the same order.
#pragma once

constexpr int WARP = 32, THREADS = 256, WARPS = THREADS / WARP;  // every kernel has THREADS threads a block

__device__ inline float4 four(const unsigned char* numbers) {
    const unsigned bytes = *reinterpret_cast<const unsigned*>(numbers);
    return {float(bytes & 255u), float(bytes >> 8 & 255u), float(bytes >> 16 & 255u), float(bytes >> 24)};
}

__device__ inline float4 four(const float* numbers) { return *reinterpret_cast<const float4*>(numbers); }

// The sum over the lanes of a warp, the same in each.
template <typename T>
__device__ inline T warp_sum(T value) {
#pragma unroll
    for (int other = WARP / 2; other > 0; other /= 2) value += __shfl_xor_sync(0xffffffffu, value, other);
    return value;
}

// The sum over the threads of a block, the same in each; `parts` is shared. All threads of the block call it.
template <typename T>
__device__ inline T block_sum(T value, T* parts) {
    value = warp_sum(value);
    __syncthreads();  // `parts` may hold what was asked for before
    if (threadIdx.x % WARP == 0) parts[threadIdx.x / WARP] = value;
    __syncthreads();
    T sum = parts[0];
    for (int warp = 1; warp < WARPS; ++warp) sum += parts[warp];
    return sum;
}

// The largest number of a block's threads, none below 0; as above.
__device__ inline float block_most(float value, float* parts) {
#pragma unroll
    for (int other = WARP / 2; other > 0; other /= 2)
        value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, other));
    __syncthreads();
    if (threadIdx.x % WARP == 0) parts[threadIdx.x / WARP] = value;
    __syncthreads();
    for (int warp = 0; warp < WARPS; ++warp) value = fmaxf(value, parts[warp]);
    return value;
}
