extension AbdomenAnatomy {
    /// Skin and the fat below it.
    static let skin = part([.column(x: 0, y: 32, radiusX: 172, radiusY: 118)], ct: -105, mr: 820)

    /// What every body has inside and no dataset labels.
    static let surroundings: [Part] = [
        // The muscular wall, the fat inside.
        part([.column(x: 0, y: 32, radiusX: 154, radiusY: 100)], ct: 55, mr: 260),
        part([.column(x: 0, y: 34, radiusX: 143, radiusY: 90)], ct: -95, mr: 780),
        // Lungs and heart.
        part(
            [
                .ellipsoid(center: [80, 8, 205], radii: [54, 76, 132]),
                .ellipsoid(center: [-80, 8, 205], radii: [54, 76, 132]),
            ], ct: -840, mr: 40),
        part([.ellipsoid(center: [-20, 55, 168], radii: [58, 48, 54])], ct: 130, mr: 420),
        // Long muscles of the back and beside the spine.
        part(
            [
                .tube([([36, -42, -330], 20), ([32, -42, 330], 20)]),
                .tube([([-36, -42, -330], 20), ([-32, -42, 330], 20)]),
                .tube([([32, 0, -20], 11), ([52, 10, -170], 20)]),
                .tube([([-32, 0, -20], 11), ([-52, 10, -170], 20)]),
            ], ct: 60, mr: 270),
        // Ribs, pelvis and thigh bones.
        part([.ribs(x: 0, y: 32, radiusX: 147, radiusY: 95, low: -30, high: 330, step: 30)], ct: 320, mr: 180),
        part(
            [
                .tube([([28, -42, -165], 13), ([85, -20, -130], 11), ([112, 25, -125], 10)]),
                .tube([([-28, -42, -165], 13), ([-85, -20, -130], 11), ([-112, 25, -125], 10)]),
                .tube([([85, -20, -140], 13), ([88, 5, -230], 17), ([30, 55, -275], 9)]),
                .tube([([-85, -20, -140], 13), ([-88, 5, -230], 17), ([-30, 55, -275], 9)]),
                .ellipsoid(center: [92, 12, -245], radii: [25, 25, 25]),
                .ellipsoid(center: [-92, 12, -245], radii: [25, 25, 25]),
                .tube([([0, -30, -165], 24), ([0, -62, -215], 18), ([0, -58, -255], 8)]),
            ], ct: 380, mr: 240),
        // The spine: discs, vertebrae, the canal.
        part([.tube([([0, -3, -160], 20), ([0, -3, 330], 17)])], ct: 85, mr: 320),
        part(
            (-5...11).map { .disc(center: [0, -3, Float($0) * 33], radius: 20.5, halfHeight: 12.5) }, ct: 240, mr: 480),
        part((-5...11).map { .ellipsoid(center: [0, -48, Float($0) * 33], radii: [9, 26, 9]) }, ct: 350, mr: 300),
        part([.tube([([0, -33, -160], 10), ([0, -33, 330], 9)])], ct: 25, mr: 880),
    ]

    /// The large bowel, and some gas in it.
    static let colon: [Part] = [
        part(
            [
                .tube([
                    ([88, 35, -150], 24), ([92, 25, -60], 22), ([70, 68, -50], 19), ([0, 88, -62], 18),
                    ([-70, 68, -45], 18), ([-96, 20, -35], 18), ([-98, 18, -150], 17), ([-45, 20, -205], 16),
                    ([0, -12, -240], 18), ([0, -22, -290], 16),
                ])
            ], ct: 32, mr: 520),
        part(
            [.tube([([92, 48, -65], 10), ([70, 78, -50], 9)]), .tube([([0, 98, -62], 8), ([-60, 80, -48], 8)])],
            ct: -900, mr: 20),
    ]

    /// The organs that datasets label, in the order of painting.
    static let organs: [(structure: String?, isLarge: Bool, shape: PhantomShape, ct: Float, mr: Float)] = [
        (
            "liver", true,
            PhantomShape([
                .ellipsoid(center: [72, 22, 45], radii: [59, 70, 70]),
                .ellipsoid(center: [18, 58, 58], radii: [62, 38, 36]),
            ]), 110, 480
        ),
        (
            "stomach", true,
            PhantomShape([
                .ellipsoid(center: [-62, 22, 74], radii: [34, 34, 34]),
                .tube([([-62, 24, 72], 30), ([-52, 60, 35], 27), ([-12, 72, 5], 18), ([14, 62, 4], 13)]),
            ]), 35, 380
        ),
        (nil, false, PhantomShape([.ellipsoid(center: [-50, 74, 42], radii: [16, 10, 20])]), -880, 25),
        ("spleen", true, .ellipsoid([-96, -6, 48], [26, 38, 48]), 120, 620),
        // The parenchyma of both kidneys is one structure for KiTS and two for AMOS.
        ("right-kidney", true, .ellipsoid([62, -20, -18], [25, 26, 51]), 185, 640),
        ("left-kidney", true, .ellipsoid([-62, -20, -6], [25, 26, 51]), 185, 640),
        (
            "duodenum", false,
            .tube(
                [[16, 60, 6], [42, 46, 2], [46, 30, -36], [16, 26, -56], [-12, 30, -48]], radii: [11, 12, 12, 11, 10]),
            45, 450
        ),
        ("gallbladder", false, .tube([[58, 52, 10], [56, 72, -14]], radii: [10, 15]), 8, 940),
        (
            "aorta", false,
            .tube([[-14, 16, 330], [-13, 22, 60], [-11, 26, 0], [-7, 26, -92]], radii: [13, 12, 11, 9]), 165, 300
        ),
        (
            nil, false,
            PhantomShape([
                .tube([([-7, 26, -92], 7), ([-42, 12, -175], 6), ([-62, 38, -250], 5)]),
                .tube([([-3, 26, -92], 7), ([42, 12, -175], 6), ([62, 38, -250], 5)]),
            ]), 155, 300
        ),
        (
            "inferior-vena-cava", false,
            .tube([[17, 24, -98], [21, 26, 0], [24, 30, 60], [18, 40, 118]], radii: [11, 12, 13, 13]), 140, 330
        ),
        (
            "portal-and-splenic-vein", false,
            .tube(
                [[50, 32, 44], [24, 40, 24], [-12, 40, 14], [-44, 22, 24], [-78, 2, 42]], radii: [7, 7.5, 6.5, 6, 5]),
            170, 350
        ),
        (
            "pancreas", false,
            .tube(
                [[34, 46, -12], [14, 54, 2], [-16, 54, 14], [-46, 38, 24], [-72, 14, 34]],
                radii: [14, 12, 10.5, 10, 8.5]), 95, 560
        ),
        (
            "esophagus", false,
            .tube([[-2, 8, 330], [-6, 14, 180], [-12, 22, 120], [-30, 26, 96]], radii: [8, 8, 8, 8]), 42, 360
        ),
        (
            "right-adrenal-gland", false,
            PhantomShape([
                .tube([([36, 2, 43], 4.5), ([28, -12, 36], 4.5)]), .tube([([36, 2, 43], 4.5), ([44, -12, 37], 4.5)]),
            ]), 70, 430
        ),
        (
            "left-adrenal-gland", false,
            PhantomShape([
                .tube([([-34, 6, 44], 4.5), ([-28, -8, 36], 4.5)]),
                .tube([([-34, 6, 44], 4.5), ([-43, -8, 37], 4.5)]),
            ]), 70, 430
        ),
        ("urinary-bladder", true, .ellipsoid([0, 44, -246], [36, 30, 28]), 8, 960),
        ("prostate-uterus", false, .ellipsoid([0, 26, -288], [23, 18, 20]), 52, 440),
    ]

    private static func part(_ primitives: [PhantomShape.Primitive], ct: Float, mr: Float) -> Part {
        Part(structure: nil, shape: PhantomShape(primitives), ct: ct, mr: mr)
    }
}
