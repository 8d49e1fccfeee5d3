// Rows of a table in any order, as fast as they can be read: WIDTH floats each, a multiple of 32, by 8 lanes.
constexpr int WARP = 32, LANES = 8;

extern "C" __global__ void __launch_bounds__(256)
    gather(const float* __restrict__ table, const int* __restrict__ rows, int n, float* __restrict__ out) {
    const int lane = threadIdx.x % WARP, thread = blockIdx.x * blockDim.x + threadIdx.x;
    const int stride = gridDim.x * blockDim.x;
    float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
    for (int first = thread - lane; first < n; first += stride) {  // n is a multiple of 32
        const int own = rows[first + lane];
#pragma unroll
        for (int i = 0; i < WARP; i += WARP / LANES) {
            const long long row = __shfl_sync(0xffffffffu, own, i + lane / LANES);
            const float* at = table + row * WIDTH + lane % LANES * 4;
#pragma unroll
            for (int f = 0; f < WIDTH; f += 4 * LANES) {
                const float4 part = *reinterpret_cast<const float4*>(at + f);
                s0 += part.x;
                s1 += part.y;
                s2 += part.z;
                s3 += part.w;
            }
        }
    }
    out[thread] = (s0 + s1) + (s2 + s3);
}
