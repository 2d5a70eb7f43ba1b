using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Runtime;

namespace PruneCompiler.Calibrate;

/// <summary>
/// Measures on this machine what <see cref="CostTarget"/> holds, with the kernels that generated code calls and the widest vectors that this process sees. Each constant is a
/// slope between two layers that differ in their number of weights, so what begins and ends a layer does not count.
/// </summary>
public static class Calibration
{
    // Straight-line code cannot be measured without compiling it; against the loop over taps it takes this share, see runtime/README.md.
    private const double UnrolledShare = 0.68;

    // A tap of shifted sums does what a tap of a tile does, on memory that was not copied to be close.
    private const double ShiftedTap = 1.2;

    private const int WarmUps = 3;
    private const int Passes = 5;

    /// <summary>Measures; takes some ten seconds.</summary>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="secondsEach">How long each of some 30 measurements takes in each of five passes.</param>
    public static CostTarget Run(Action<string>? progress = null, double secondsEach = 0.03)
    {
        var timer = new CycleTimer();
        for (int i = 0; i < WarmUps; i++)
        {
            progress?.Invoke($"warm-up {i + 1} of {WarmUps}");
            timer.BeginWarmUp();
            Pass(timer);
            Thread.Sleep(250);
        }

        CostTarget? target = null;
        for (int i = 0; i < Passes; i++)
        {
            progress?.Invoke($"pass {i + 1} of {Passes}");
            timer.BeginPass(secondsEach);
            target = Pass(timer);
        }

        return Positive(target!);
    }

    private static CostTarget Pass(CycleTimer timer)
    {
        (string name, int lanes) = Lanes512.IsNative ? ("avx512", 16)
            : Lanes256.IsNative ? ("avx2", 8)
            : AdvSimd.IsSupported ? ("neon", 4)
            : Vector128.IsHardwareAccelerated ? ("sse", 4)
            : ("scalar", 1);
        var convolution = new ConvolutionCosts(timer, lanes);
        (double denseTap, double denseRow) = convolution.Dense();
        (double sparseTap, double sparseRow) = convolution.Shared(1);
        (double pairTap, _) = convolution.Shared(2);
        (double quadTap, double quadRow) = convolution.Shared(4);
        (double octoTap, double octoRow) = convolution.Shared(8);
        (double tileTap, double tileRow, double tileEnd, double tileLine) = convolution.Tiles();
        var matrix = new MatrixCosts(timer, lanes);
        double bytes = matrix.BytesPerCycle(512), farBytes = matrix.BytesPerCycle(2048), rowsStep = matrix.RowsStep(), sharedStep = matrix.SharedStep();
        (double windowsStep, double group) = matrix.WindowsStep();
        (double matrixTap, double matrixRow) = matrix.Matrix();
        var integer = new IntegerCosts(timer);
        (double byteStep, double byteEnd) = integer.Blocks();
        (double byteQuad, double byteRow) = integer.Quads();
        return new CostTarget
        {
            Name = name,
            Lanes = lanes,
            DenseTap = denseTap,
            DenseRow = denseRow,
            SparseTap = sparseTap,
            PairTap = pairTap,
            QuadTap = quadTap,
            OctoTap = octoTap,
            SparseRow = sparseRow,
            SharedRow = (quadRow + octoRow) / 2,
            TileTap = tileTap,
            TileRow = tileRow,
            TileEnd = tileEnd,
            TileLine = tileLine,
            ShiftTap = lanes == 16 ? ShiftedTap * tileTap : sparseTap, // other vectors are loaded where they read
            ShiftRow = lanes == 16 ? tileRow + (tileEnd / 4) : sparseRow,
            UnrolledTap = Math.Max(denseTap, UnrolledShare * sparseTap),
            UnrolledRow = UnrolledShare * sparseRow,
            BytesPerCycle = bytes,
            FarBytesPerCycle = farBytes,
            MatrixTap = matrixTap,
            MatrixRow = matrixRow,
            Reorder = matrix.Reorder(),
            VectorRowsStep = rowsStep,
            VectorWindowsStep = windowsStep,
            VectorSharedStep = sharedStep,
            VectorTableStep = matrix.TableStep(),
            VectorGroup = group,
            ByteStep = byteStep,
            ByteEnd = byteEnd,
            ByteQuad = byteQuad,
            ByteRow = byteRow,
            ByteTurn = integer.Turn(),
        };
    }

    // A disturbed measurement must not make a file that cannot be read again.
    private static CostTarget Positive(CostTarget target) => target with
    {
        DenseRow = Math.Max(0.1, target.DenseRow),
        SparseRow = Math.Max(0.1, target.SparseRow),
        SharedRow = Math.Max(0.1, target.SharedRow),
        TileRow = Math.Max(0.1, target.TileRow),
        TileEnd = Math.Max(0.1, target.TileEnd),
        TileLine = Math.Max(0.1, target.TileLine),
        ShiftRow = Math.Max(0.1, target.ShiftRow),
        UnrolledRow = Math.Max(0.1, target.UnrolledRow),
        VectorGroup = Math.Max(0.1, target.VectorGroup),
        ByteEnd = Math.Max(0.1, target.ByteEnd),
        ByteRow = Math.Max(0.1, target.ByteRow),
    };
}
